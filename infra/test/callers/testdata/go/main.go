// Command main walks the main job with the client that a generator has made: an agency's owner makes a key, a program invites
// a client with it, and the client accepts and reads its portal. It uses the generated types alone, but for the mailbox.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"time"

	"callers/latchkey"
)

func main() {
	if err := run(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, origin, guest string) error {
	const owner = "owner@northwind.example"
	office, err := signIn(ctx, origin, owner)
	if err != nil {
		return err
	}
	key, err := office.CreateApiKeyWithResponse(ctx, nil, latchkey.CreateApiKeyJSONRequestBody{
		Name: "Go client", Scopes: []string{"invites:read", "invites:write", "clients:read", "resources:read"}})
	if err != nil || key.JSON201 == nil || key.JSON201.Secret == nil {
		return fmt.Errorf("createApiKey: %w", failed(err, key))
	}
	if key.JSON201.LastUsedAt != nil || key.JSON201.CreatedAt.IsZero() {
		return fmt.Errorf("createApiKey: a new key was used at %v", key.JSON201.LastUsedAt)
	}
	program, err := latchkey.NewClientWithResponses(origin, latchkey.WithRequestEditorFn(
		func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+*key.JSON201.Secret)
			return nil
		}))
	if err != nil {
		return err
	}
	linkable := true
	instances, err := program.ListInstancesWithResponse(ctx, &latchkey.ListInstancesParams{Linkable: &linkable})
	if err != nil || instances.JSON200 == nil || len(instances.JSON200.Items) == 0 {
		return fmt.Errorf("listInstances: %w", failed(err, instances))
	}
	prefer, once, name, message := "wait=10", "go-"+guest, "Go & Co", "Here you are."
	grants := []latchkey.GrantBody{{Resource: instances.JSON200.Items[0].Id, Access: "read"}}
	sent, err := program.SendInviteWithResponse(ctx, &latchkey.SendInviteParams{Prefer: &prefer, IdempotencyKey: &once},
		latchkey.SendInviteJSONRequestBody{Email: guest, Name: &name, Grants: &grants, Message: &message})
	if err != nil || sent.JSON201 == nil {
		return fmt.Errorf("sendInvite: %w", failed(err, sent))
	}
	if i := sent.JSON201; i.Order != nil || i.Payment != nil || i.ExpiresAt == nil || len(i.Grants) != 1 || i.Name != name {
		return fmt.Errorf("sendInvite: %+v", i)
	}
	again, err := program.SendInviteWithResponse(ctx, nil, latchkey.SendInviteJSONRequestBody{Email: "nonsense"})
	if err != nil || again.ApplicationproblemJSON422 == nil || again.ApplicationproblemJSON422.Code != "invalid" {
		return fmt.Errorf("sendInvite refuses nothing: %w", failed(err, again))
	}
	link, err := mailed(ctx, origin, guest, `/i/(lki_[0-9A-Za-z]+)`)
	if err != nil {
		return err
	}
	client, err := signIn(ctx, origin, guest)
	if err != nil {
		return err
	}
	shown, err := client.ViewInvitationWithResponse(ctx, link, &latchkey.ViewInvitationParams{})
	if err != nil || shown.JSON200 == nil || shown.JSON200.Contract != nil || shown.JSON200.Email != guest {
		return fmt.Errorf("viewInvitation: %w", failed(err, shown))
	}
	taken, err := client.AcceptInvitationWithResponse(ctx, link, latchkey.AcceptInvitationJSONRequestBody{Offer: &shown.JSON200.Offer})
	if err != nil || taken.JSON200 == nil {
		return fmt.Errorf("acceptInvitation: %w", failed(err, taken))
	}
	portal, err := client.GetPortalWithResponse(ctx, nil)
	if err != nil || portal.JSON200 == nil || portal.JSON200.Agency == nil || len(portal.JSON200.Instances) != 1 {
		return fmt.Errorf("getPortal: %w", failed(err, portal))
	}
	kept, err := program.GetInviteWithResponse(ctx, sent.JSON201.Id)
	if err != nil || kept.JSON200 == nil || kept.JSON200.Status != "accepted" {
		return fmt.Errorf("getInvite: %w", failed(err, kept))
	}
	if !kept.JSON200.CreatedAt.Equal(sent.JSON201.CreatedAt) {
		return fmt.Errorf("the invite was made at %s, and then at %s", sent.JSON201.CreatedAt, kept.JSON200.CreatedAt)
	}
	fmt.Println("portal of", portal.JSON200.Agency.Name, "with", portal.JSON200.Instances[0].Name)
	return nil
}

// failed says what came instead of the answer that was waited for.
func failed(err error, answer any) error {
	if err != nil {
		return err
	}
	b, _ := json.Marshal(answer)
	return fmt.Errorf("answered %s", b)
}

// signIn signs a person in with a mailed code. Cookies are kept by hand: net/http keeps none that are for https alone.
func signIn(ctx context.Context, origin, who string) (*latchkey.ClientWithResponses, error) {
	cookies := map[string]string{}
	c, err := latchkey.NewClientWithResponses(origin, latchkey.WithHTTPClient(doer{cookies}))
	if err != nil {
		return nil, err
	}
	asked, err := c.RequestSignInCodeWithResponse(ctx, latchkey.RequestSignInCodeJSONRequestBody{Email: who})
	if err != nil || asked.HTTPResponse.StatusCode != http.StatusAccepted {
		return nil, fmt.Errorf("requestSignInCode: %w", failed(err, asked))
	}
	code, err := mailed(ctx, origin, who, `\b(\d{6})\b`)
	if err != nil {
		return nil, err
	}
	in, err := c.SignInWithResponse(ctx, latchkey.SignInJSONRequestBody{Email: who, Code: code})
	if err != nil || in.JSON201 == nil {
		return nil, fmt.Errorf("signIn: %w", failed(err, in))
	}
	return c, nil
}

type doer struct{ cookies map[string]string }

func (d doer) Do(r *http.Request) (*http.Response, error) {
	for name, value := range d.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := http.DefaultClient.Do(r)
	if err == nil {
		for _, c := range res.Cookies() {
			d.cookies[c.Name] = c.Value
		}
	}
	return res, err
}

// mailed waits for the newest mail to an address that holds the pattern, and returns what it finds.
func mailed(ctx context.Context, origin, to, pattern string) (string, error) {
	find := regexp.MustCompile(pattern)
	for range 200 {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, origin+"/_local/mail?to="+url.QueryEscape(to), nil)
		if err != nil {
			return "", err
		}
		r.Header.Set("Accept", "application/json")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return "", err
		}
		var mails []struct{ Text string }
		err = json.NewDecoder(res.Body).Decode(&mails)
		_ = res.Body.Close()
		if err != nil {
			return "", err
		}
		for _, m := range mails {
			if found := find.FindStringSubmatch(m.Text); found != nil {
				return found[1], nil
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	return "", fmt.Errorf("no mail to %s holds %s", to, pattern)
}

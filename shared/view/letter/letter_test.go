package letter_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/letter"
)

var update = flag.Bool("update", false, "write the golden files anew")

const link = "https://portal.example/i/lki_4fWqK0Y5hQ8m2nB7cX1vZ9sT3uD6eR0pL5aJ8gN2wM4yH7kQ1bF6xC3"

func invitation() letter.InvitationData {
	return letter.InvitationData{
		AgencyName: "Northwind Automations", AgencyColor: "#0f766e", ClientName: "Acme Ltd", Platform: "Latchkey",
		Message: "Hi Dana,\nhere is the window into your workflows.", Inviter: "Nora Lindqvist",
		Opens: []letter.Access{{Name: "Production", Rights: "Read-only"}, {Name: "Staging", Rights: "Read-write"}},
		Link:  link, ExpiresAt: time.Date(2025, 11, 28, 14, 3, 22, 0, time.UTC),
	}
}

func thing(toAgency bool) letter.BoughtData {
	d := letter.BoughtData{AgencyName: "Northwind Automations", AgencyColor: "#0f766e", ClientName: "Acme Ltd", Thing: "n8n Hosting, 30 GB", ToAgency: toAgency,
		Link: "https://portal.example/portal?agency=ag_1", On: time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC), Platform: "Latchkey"}
	if toAgency {
		d.Link = "https://portal.example/clients/cl_1"
	}
	return d
}

// account is a mail that tells of an account at a provider.
func account(what identity.Tells) letter.AccountData {
	return letter.AccountData{Tells: what, Told: identity.Told{Provider: "Google", Account: "nora@northwind.example",
		Person: "sven@northwind.example", Agency: "Northwind <b>Automations</b>", Device: "Firefox, Windows"},
		When: time.Date(2026, 11, 29, 7, 40, 0, 0, time.UTC), Link: "https://portal.example/account", Platform: "Latchkey"}
}

func standing(to, from agency.Standing, toAgency bool) letter.Letter {
	return letter.Standing(letter.StandingData{AgencyName: "Northwind Automations", To: to, From: from, ToAgency: toAgency,
		Link: "https://portal.example/portal?agency=ag_1", Platform: "Latchkey"})
}

// onMax is what people of an agency that pays for its own plan are told.
func onMax(to, from agency.Standing) letter.Letter {
	return letter.Standing(letter.StandingData{AgencyName: "Northwind Automations", To: to, From: from, ToAgency: true, OnMax: true,
		Link: "https://portal.example/clients", Platform: "Latchkey"})
}

func reminding(agency, inviter string) letter.ReminderData {
	return letter.ReminderData{AgencyName: agency, AgencyColor: "#0f766e", Inviter: inviter, Link: "https://portal.example/i/lki_1",
		Ends: time.Date(2026, 12, 8, 18, 0, 0, 0, time.FixedZone("CET", 3600)),
		Stop: "https://portal.example/unsubscribe/lku_1", Platform: "Latchkey"}
}

func updates(n int) letter.DigestData {
	d := letter.DigestData{AgencyName: "Northwind Automations", Platform: "Latchkey", Link: "https://portal.example/clients"}
	d.Lines = []letter.DigestLine{
		{Kind: notice.Declined, Client: "Acme Ltd", Quote: "Not this year.\nThank you!", Link: "https://portal.example/clients/cl_1"},
		{Kind: notice.Proposed, Client: "شركة النور", Detail: "ops@noor.example", Link: "https://portal.example/clients/cl_2"},
		{Kind: notice.Bounced, Client: "ops@bolt.example", Detail: "there is no mailbox with this address", Link: "https://portal.example/clients/cl_3"},
		{Kind: notice.Paid, Client: "100 % Bolt", Link: "https://portal.example/clients/cl_4"},
	}
	d.Lines = d.Lines[:min(n, len(d.Lines))]
	d.More = n - len(d.Lines)
	d.Stop = "https://portal.example/unsubscribe/lku_2"
	return d
}

// powers are what API keys have done, after so many things that clients did.
func powers(clients int) letter.DigestData {
	d := updates(clients)
	for name, scopes := range map[string]string{"CRM sync": "roles:write, sender:write", "Deploy": "roles:write"} {
		d.Lines = append(d.Lines, letter.DigestLine{Kind: notice.PowerUsed, Client: name, Detail: scopes,
			Link: "https://portal.example/activity?action=api_key"})
	}
	slices.SortStableFunc(d.Lines[clients:], func(a, b letter.DigestLine) int { return strings.Compare(a.Client, b.Client) })
	return d
}

func ready(signIn string) letter.BoughtData {
	d := thing(false)
	d.SignIn = signIn
	return d
}

func confirming() letter.BoughtData {
	d := thing(false)
	d.Link = "https://invoice.stripe.com/i/acct_1/test_1?s=ap"
	return d
}

// payer is a mail about a change of who pays.
func payer(state client.ChangeState, toClient bool, change func(*letter.PayerData)) letter.Letter {
	d := letter.PayerData{State: state, ToClient: toClient, Old: "€49.00 a month, incl. 19 % VAT", New: "€490.00 a year, incl. 19 % VAT",
		Day: "21 December 2025", Until: "5 December 2025", BoughtData: thing(false)}
	d.Link = "https://portal.example/portal/payer?agency=ag_1"
	if change != nil {
		change(&d)
	}
	return letter.Payer(d)
}

// aSender is what mails about a sender domain are told of.
func aSender(state sender.State, why sender.Reason) letter.SenderData {
	return letter.SenderData{AgencyName: "Northwind Automations", Domain: "mail.northwind.com", State: state, Reason: why,
		Next: "Put the missing records back.", Host: "smtp.northwind.com",
		Why: "Signing in failed. The server refused the user name or password.",
		Who: "Nora Lindqvist", From: "Northwind <invites@mail.northwind.com>",
		Link: "https://portal.example/settings/email", Platform: "Latchkey"}
}

func records() letter.RecordsData {
	return letter.RecordsData{AgencyName: "Northwind Automations", Domain: "mail.northwind.com", Provider: "Cloudflare",
		Records: sender.Records(sender.Wanted{Domain: "mail.northwind.com", Zone: "northwind.com", Token: "0123456789abcdef0123456789abcdef",
			Hosted: "dkim.eu-south-1.amazonses.com", Tokens: []string{"one", "two", "three"}, Region: "eu-south-1", NoDMARC: true}),
		Link:      "https://portal.example/records/lkr_4fWqK0Y5hQ8m2nB7cX1vZ9sT3uD6eR0pL5aJ8gN2wM4yH7kQ1bF6xC3",
		ExpiresAt: time.Date(2026, 12, 13, 14, 3, 22, 0, time.UTC), Platform: "Latchkey"}
}

func TestGoldenMails(t *testing.T) {
	t.Parallel()
	bare := invitation()
	bare.ClientName, bare.Inviter, bare.Message, bare.Opens, bare.AgencyColor = "", "", "", nil, ""
	odd := invitation()
	odd.AgencyName, odd.ClientName, odd.AgencyColor = "شركة النور", "🚀 Rocket 👩‍👩‍👧 Family", "#facc15"
	paying := invitation()
	paying.Opens, paying.Buys, paying.Price = nil, []string{"n8n Hosting, 30 GB", "WhatsApp Service"}, "€68.00 a month or €680.00 a year"
	held := invitation()
	held.AgencyName, held.Held = "PayPal Support", true
	for name, l := range map[string]letter.Letter{
		"invitation":      letter.Invitation(invitation()),
		"invitation-held": letter.Invitation(held),
		"digest":          letter.Digest(updates(1)),
		"digest-many":     letter.Digest(updates(6)),
		"reminder":        letter.Reminder(reminding("Northwind Automations", "Nora Lindqvist")),
		"reminder-bare":   letter.Reminder(reminding("شركة النور", "")),
		"digest-powers":   letter.Digest(powers(0)),
		"digest-mixed":    letter.Digest(powers(2)),
		"welcome-held": letter.Welcome(letter.WelcomeData{AgencyName: "PayPal Support", Held: true, AgencyColor: "#0f766e", Email: "dana@northwind.example",
			Link: "https://portal.example/sign-in", Platform: "Latchkey"}),
		"approved":          letter.Approved(approval("Northwind Automations", "#0f766e", false)),
		"approved-held":     letter.Approved(approval("PayPal Support", "#0f766e", true)),
		"approved-odd":      letter.Approved(approval("شركة النور", "#facc15", false)),
		"invitation-bare":   letter.Invitation(bare),
		"invitation-odd":    letter.Invitation(odd),
		"invitation-paying": letter.Invitation(paying),
		"welcome": letter.Welcome(letter.WelcomeData{AgencyName: "Northwind Automations", AgencyColor: "#0f766e", Email: "dana@northwind.example",
			Link: "https://portal.example/sign-in", Platform: "Latchkey"}),
		"welcome-owner": letter.Welcome(letter.WelcomeData{AgencyName: "شركة النور", AgencyColor: "#facc15", LogoURL: "https://portal.example/logos/ag_1/1.png", Email: "dana@northwind.example",
			Owner: true, Link: "https://portal.example/sign-in", Platform: "Latchkey"}),
		"refund-client":    letter.Refund(thing(false)),
		"refund-agency":    letter.Refund(thing(true)),
		"removal-client":   letter.Removal(thing(false)),
		"removal-agency":   letter.Removal(thing(true)),
		"suspended-client": standing(agency.Suspended, agency.Good, false),
		"suspended-agency": standing(agency.Suspended, agency.Good, true),
		"halted-client":    standing(agency.Halted, agency.Suspended, false),
		"halted-agency":    standing(agency.Halted, agency.Suspended, true),
		"restarted-client": standing(agency.Good, agency.Halted, false),
		"resumed-client":   standing(agency.Good, agency.Suspended, false),
		"resumed-agency":   standing(agency.Good, agency.Suspended, true),
		"suspended-max":    onMax(agency.Suspended, agency.Good),
		"resumed-max":      onMax(agency.Good, agency.Suspended),
		"passkey-added":    letter.Account(passkey(identity.PasskeyAdded)),
		"passkey-renamed":  letter.Account(passkey(identity.PasskeyRenamed)),
		"passkey-removed":  letter.Account(passkey(identity.PasskeyRemoved)),
		"account-added":    letter.Account(account(identity.LinkAdded)),
		"account-replaced": letter.Account(account(identity.LinkReplaced)),
		"account-dropped":  letter.Account(account(identity.LinkDropped)),
		"account-device":   letter.Account(session(identity.NewDevice)),
		"account-out":      letter.Account(session(identity.SignedOut)),
		"account-out-else": letter.Account(session(identity.SignedOutElse)),
		"account-other":    letter.Account(account(identity.LinkOfOther)),
		"office-linked":    letter.Account(account(identity.OfficeLinked)),
		"office-replaced":  letter.Account(account(identity.OfficeReplaced)),
		"issuer-required":  letter.Account(account(identity.IssuerRequired)),
		"issuer-free":      letter.Account(account(identity.IssuerFree)),
		"issuer-rests":     letter.Account(account(identity.IssuerRests)),
		"issuer-resumes":   letter.Account(account(identity.IssuerResumes)),
		"issuer-without":   letter.Account(account(identity.IssuerWithout)),
		"code":             letter.Code(letter.CodeData{Code: "402913", Platform: "Latchkey", Lifetime: 10 * time.Minute}),
		"confirm":          letter.Confirm(confirming()),
		"payer-asks":       payer(client.ChangeProposed, true, nil),
		"payer-offers":     payer(client.ChangeProposed, false, nil),
		"payer-anew":       payer(client.ChangeProposed, true, func(d *letter.PayerData) { d.Anew = true }),
		"payer-anew-agency": payer(client.ChangeProposed, false, func(d *letter.PayerData) {
			d.Anew, d.Proposes = true, true
		}),
		"payer-agreed":      payer(client.ChangeAgreed, true, func(d *letter.PayerData) { d.Card = true }),
		"payer-agreed-had":  payer(client.ChangeAgreed, true, nil),
		"payer-agreed-they": payer(client.ChangeAgreed, false, nil),
		"payer-scheduled":   payer(client.ChangeScheduled, true, nil),
		"payer-ends":        payer(client.ChangeScheduled, false, nil),
		"payer-done":        payer(client.ChangeDone, true, nil),
		"payer-done-they":   payer(client.ChangeDone, false, nil),
		"payer-declined":    payer(client.ChangeDeclined, true, nil),
		"payer-withdrawn":   payer(client.ChangeWithdrawn, true, nil),
		"payer-expired":     payer(client.ChangeExpired, true, func(d *letter.PayerData) { d.Reason = words.Say("payer.why_no_card") }),
		"payer-failed": payer(client.ChangeFailed, false, func(d *letter.PayerData) {
			d.Pays, d.Reason = true, words.Say("payer.why_card_failed")
		}),
		"payer-canceled": payer(client.ChangeCanceled, false, func(d *letter.PayerData) {
			d.Reason = words.Say("payer.why_old_ended")
		}),
		"confirm-plan":    letter.ConfirmPlan(confirming()),
		"inquiry":         letter.Inquiry(thing(true)),
		"ready-n8n":       letter.Ready(ready("ops@acme.example")),
		"ready-other":     letter.Ready(ready("")),
		"sender-verified": letter.SenderState(aSender(sender.Verified, "")),
		"sender-degraded": letter.SenderState(aSender(sender.Degraded, "")),
		"sender-failed":   letter.SenderState(aSender(sender.Failed, "")),
		"sender-lost":     letter.SenderState(aSender(sender.Disabled, sender.Lost)),
		"sender-moved":    letter.SenderState(aSender(sender.Disabled, sender.Moved)),
		"sender-lapsed":   letter.SenderState(aSender(sender.Disabled, sender.Lapsed)),
		"sender-given-up": letter.SenderState(aSender(sender.Released, sender.GivenUp)),
		"sender-expired":  letter.SenderState(aSender(sender.Released, sender.Expired)),
		"sender-changed":  letter.SenderChanged(aSender("", "")),
		"server-off":      letter.ServerOff(aSender("", "")),
		"sender-test": letter.SenderTest(letter.SenderTestData{AgencyName: "Northwind Automations", AgencyColor: "#0f766e",
			From: "invites@mail.northwind.com", Link: "https://portal.example/settings/email", Platform: "Latchkey"}),
		"records": letter.Records(records()),
	} {
		for ext, got := range map[string]string{".txt": "Subject: " + l.Subject + "\n\n" + l.Text, ".html": l.HTML} {
			path := filepath.Join("testdata", name+ext)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Errorf("%s differs; run the test with -update when that is meant (-want +got):\n%s", path, d)
			}
		}
	}
}

var (
	hrefs  = regexp.MustCompile(`(?i)\shref\s*=`)
	remote = regexp.MustCompile(`(?i)https?://[^\s"<]*`)
)

func TestAnInvitationHasOneLinkAndAsManyWords(t *testing.T) {
	t.Parallel()
	l := letter.Invitation(invitation())
	if n := len(hrefs.FindAllString(l.HTML, -1)); n != 1 {
		t.Errorf("the HTML part has %d links, want 1", n)
	}
	for _, part := range []string{l.HTML, l.Text} {
		for _, u := range remote.FindAllString(part, -1) {
			if u != link {
				t.Errorf("a mail holds %s", u)
			}
		}
		for _, want := range []string{link, "Accept Invitation", "Northwind Automations", "Nora Lindqvist", "Hi Dana,", "Production", "Read-only", "Staging", "Read-write",
			"28 November 2025", "Latchkey sent this email because"} {
			if !strings.Contains(part, want) {
				t.Errorf("a part has no %q", want)
			}
		}
	}
	if n := strings.Count(l.Text, link); n != 1 {
		t.Errorf("the text part has the link %d times, want 1", n)
	}
	if want := "Nora Lindqvist from Northwind Automations invited Acme Ltd to their client portal"; l.Subject != want {
		t.Errorf("subject %q, want %q", l.Subject, want)
	}
}

func approval(name, color string, held bool) letter.ApprovedData {
	return letter.ApprovedData{AgencyName: name, AgencyColor: color, Held: held, Email: "dana@acme.example",
		Link: "https://portal.example/portal?agency=ag_1", Platform: "Latchkey"}
}

func TestAnApprovalHasOneLink(t *testing.T) {
	t.Parallel()
	d := approval("A\r\nBcc: x@y.example https://evil.example", "red", false)
	d.LogoURL = "http://evil.example/x.png"
	l := letter.Approved(d)
	if n := len(hrefs.FindAllString(l.HTML, -1)); n != 1 || strings.ContainsAny(l.Subject, "\r\n") {
		t.Errorf("%d links, subject %q", n, l.Subject)
	}
}

func TestAWelcomeHasOneLinkAndNoSecret(t *testing.T) {
	t.Parallel()
	l := letter.Welcome(letter.WelcomeData{AgencyName: "A\r\nBcc: x@y.example", Email: "dana@northwind.example",
		LogoURL: "http://evil.example/x.png", Link: "https://portal.example/sign-in", Platform: "Latchkey"})
	if n := len(hrefs.FindAllString(l.HTML, -1)); n != 1 || strings.ContainsAny(l.Subject, "\r\n") {
		t.Errorf("%d links, subject %q", n, l.Subject)
	}
	for _, part := range []string{l.HTML, l.Text} {
		for _, u := range remote.FindAllString(part, -1) {
			if u != "https://portal.example/sign-in" {
				t.Errorf("a mail holds %s", u)
			}
		}
	}
}

func TestACodeHasNoLink(t *testing.T) {
	t.Parallel()
	l := letter.Code(letter.CodeData{Code: "000042", Platform: "Latchkey", Lifetime: 10 * time.Minute})
	for _, part := range []string{l.HTML, l.Text} {
		if hrefs.MatchString(part) || remote.MatchString(part) {
			t.Error("the mail holds a link")
		}
		for _, want := range []string{"000042", "10 minutes", "nobody gets in without the code"} {
			if !strings.Contains(part, want) {
				t.Errorf("a part has no %q", want)
			}
		}
	}
}

// Whatever was typed as a name or a message: the subject stays one line, the mail keeps its one link and its own
// markup, and stays small.
func TestNothingTypedBecomesMarkup(t *testing.T) {
	t.Parallel()
	clean := letter.Invitation(invitation())
	tags := regexp.MustCompile(`<[a-zA-Z/][^>]*>`)
	nasty := rapid.OneOf(rapid.StringN(0, 200, -1), rapid.SampledFrom([]string{
		"A\r\nBcc: everybody@else.example", `"><a href="https://evil.example">`, "<script>alert(1)</script>", "</style><style>*{display:none}",
		"\u202egnp.exe", "javascript:alert(1)", "{{.Link}}", "A\u2028B", strings.Repeat("Donaudampfschiff", 12), "\x00\x1b[2J",
	}))
	rapid.Check(t, func(t *rapid.T) {
		d := invitation()
		d.AgencyName, d.ClientName = nasty.Draw(t, "agency"),
			nasty.Filter(func(s string) bool { return strings.TrimSpace(s) != "" }).Draw(t, "client")
		d.AgencyColor, d.LogoURL = nasty.Draw(t, "color"), nasty.Draw(t, "logo")
		d.Opens[0].Name, d.Inviter = nasty.Draw(t, "opens"), "N"+nasty.Draw(t, "inviter")
		l := letter.Invitation(d)
		if strings.ContainsAny(l.Subject, "\r\n\u2028\u2029\x00\x1b") || len([]rune(l.Subject)) > 200 {
			t.Fatalf("subject %q", l.Subject)
		}
		if n := len(hrefs.FindAllString(onlyTags(l.HTML, tags), -1)); n != 1 {
			t.Fatalf("%d links", n)
		}
		if got, want := len(tags.FindAllString(l.HTML, -1)), len(tags.FindAllString(clean.HTML, -1)); got != want {
			t.Fatalf("%d tags, want %d", got, want)
		}
		if strings.ContainsRune(l.HTML, '\u202e') || strings.ContainsRune(l.Text, '\u202e') {
			t.Fatal("a mark that turns the writing around got through")
		}
		if len(l.HTML) > 30<<10 {
			t.Fatalf("the HTML part has %d bytes", len(l.HTML))
		}
	})
}

// onlyTags gives only the tags of a page, where a link would have to stand.
func onlyTags(html string, tags *regexp.Regexp) string {
	return strings.Join(tags.FindAllString(html, -1), "")
}

func TestTheLargestMailIsSmall(t *testing.T) {
	t.Parallel()
	d := invitation()
	d.AgencyName, d.ClientName, d.Message = strings.Repeat("Ж", 200), strings.Repeat("&", 200), strings.Repeat("<", 500)
	for len(d.Opens) < 20 {
		d.Opens = append(d.Opens, letter.Access{Name: strings.Repeat("'", 200), Rights: "Read-only"})
	}
	if l := letter.Invitation(d); len(l.HTML) > 30<<10+5<<10 {
		t.Errorf("the HTML part has %d bytes", len(l.HTML))
	}
}

// TestSenderHandOffHasNothingOfTheAgencysButItsName holds that the mail to whoever runs the DNS carries the records whole, one link, and
// no markup of a name.
func TestSenderHandOffHasNothingOfTheAgencysButItsName(t *testing.T) {
	t.Parallel()
	d := records()
	d.AgencyName, d.Provider, d.Held = "Evil\r\nBcc: all@else.example <a href=x>", "<b>", true
	l := letter.Records(d)
	if n := len(hrefs.FindAllString(onlyTags(l.HTML, regexp.MustCompile(`<[a-zA-Z/][^>]*>`)), -1)); n != 1 {
		t.Errorf("the mail has %d links, want 1", n)
	}
	if strings.ContainsAny(l.Subject, "\r\n") || strings.Contains(l.Subject, "Evil") {
		t.Errorf("subject %q", l.Subject)
	}
	for _, r := range d.Records {
		for _, want := range []string{string(r.Type), r.Short, r.Name, r.Value} {
			if !strings.Contains(l.Text, want) || !strings.Contains(l.HTML, strings.ReplaceAll(want, "+", "&#43;")) {
				t.Errorf("a part has no %q", want)
			}
		}
	}
}

func passkey(what identity.Tells) letter.AccountData {
	return letter.AccountData{Tells: what, Told: identity.Told{Passkey: "Dana's <b>phone</b>", Before: "iCloud Keychain", Device: "Safari, iOS"},
		When: time.Date(2025, 11, 21, 14, 3, 0, 0, time.UTC), Link: "https://portal.example/account", Platform: "Latchkey"}
}

func session(what identity.Tells) letter.AccountData {
	return letter.AccountData{Tells: what, Told: identity.Told{Device: "Safari, <b>iOS</b>", Network: "203.0.113.0/24", Way: identity.Passkey},
		When: time.Date(2025, 11, 21, 14, 3, 0, 0, time.UTC), Link: "https://portal.example/account", Platform: "Latchkey"}
}

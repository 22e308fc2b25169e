package lifecycle

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contact"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/domain/sheet"
	"latchkey.dev/shared/domain/webhook"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/contacts"
	"latchkey.dev/shared/usecase/imports"
	"latchkey.dev/shared/usecase/resources"
	"latchkey.dev/shared/usecase/roles"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/usecase/webhooks"
)

// limit is a number that 64 callers at once must not get past.
type limit struct {
	most int
	// prepare leaves room for fewer than 64, and answers what each caller does and how many there are.
	prepare func(o *office) (try func(n int) error, count func() int)
	code    fault.Code // of what is refused
}

// limits are the caps that are held by a condition of their own, by the constant's name.
var limits = map[string]limit{
	"agency.MaxMembers":       {agency.MaxMembers, members, fault.Invalid},
	"identity.MaxKeys":        {identity.MaxKeys, apiKeys, fault.Invalid},
	"invite.MaxGrants":        {invite.MaxGrants, grants, fault.Invalid},
	"resources.MaxResources":  {resources.MaxResources, services, fault.Invalid},
	"agency.HourlyInvites":    {agency.HourlyInvites, invites, fault.RateLimited},
	"agency.ProbationInvites": {agency.ProbationInvites, firstWeek, fault.RateLimited},
	"batch.MaxScheduled":      {batch.MaxScheduled, scheduled, fault.RateLimited},
	"client.ProposalsPerDay":  {client.ProposalsPerDay, proposals, fault.RateLimited},
	"role.MaxRoles":           {role.MaxRoles, userRoles, fault.Invalid},
	"contacts.MaxContacts":    {contacts.MaxContacts, cards, fault.Invalid},
	"sender.MaxClaims":        {sender.MaxClaims, domains, fault.Invalid},
	"sender.MaxYoungClaims":   {sender.MaxYoungClaims, firstDomain, fault.Invalid},
	"sharelink.MaxLinks":      {sharelink.MaxLinks, shareLinks, fault.Invalid},
	"sharelink.MaxWaiting":    {sharelink.MaxWaiting, joinRequests, fault.RateLimited},
	"webhook.MaxEndpoints":    {webhook.MaxEndpoints, webhookEndpoints, fault.Full},
	"webhook.MaxAsked":        {webhook.MaxAsked, testEvents, fault.RateLimited},
	"webhook.MaxRotations":    {webhook.MaxRotations, rotations, fault.RateLimited},
	"sender.MaxChanges":       {sender.MaxChanges, bounceNames, fault.RateLimited},
}

// windows are counted by the table's Allow, and sizes bound one value, or what is kept of a list, where the oldest goes: nobody
// is refused there. Of each it says what it is.
var windows = map[string]string{
	"signin.withoutPerHour": "ways in without the agency's own provider",
	"agencies.uploads":      "logos", "signin.requestsPerIP": "codes", "signin.guessesPerIP": "guesses",
	"identity.MaxForms":   "forms that wait for a step-up at a provider",
	"signin.errandsPerIP": "errands to a provider", "passkeys.challengesPerIP": "challenges", "passkeys.answersPerIP": "answers",
	"signin.foundedPerIP": "agencies", "signin.foundedPerPerson": "agencies", "resources.ChecksPerHour": "calls of n8n",
	"resources.LooksPerHour": "pages for which n8n is called", "billing.LooksPerHour": "looks at the payment service",
	"portal.EntriesPerHour": "ways into n8n", "onboarding.answersPerIP": "answers", "portal.SwitchesPerHour": "workflows",
	"sharing.joinsPerIP": "joins", "senders.RecordsPerDay": "mails with a domain's records", "senders.TestsPerHour": "test mails", "senders.ChecksPerHour": "looks",
}

var sizes = map[string]string{
	"agency.MaxIssuer": "bytes", "agency.MaxClientID": "bytes", "agency.MaxClientSecret": "bytes", "agency.MaxProviderName": "characters",
	"identity.mostOwnersTold": "owners, of whom there are no more than members", "words.maxAccepted": "bytes of a header",
	"agency.MaxLogoFile": "bytes of a file", "email.MaxLength": "bytes", "idempotency.MaxKey": "bytes", "instance.MaxURL": "bytes",
	"passkey.MaxName": "characters", "passkey.MaxCredential": "bytes", "passkey.maxKey": "bytes", "passkey.maxTransports": "of one passkey",
	"reminder.MostFirst": "days", "reminder.MostLast": "hours", "invite.MaxTokens": "the oldest goes", "unsubscribe.MaxLinks": "the oldest goes",
	"identity.MaxForm": "bytes of a form", "identity.MaxPowers": "of one mail",
	"identity.MaxDevice": "bytes", "identity.MaxIssuer": "bytes", "identity.MaxSubject": "bytes",
	"identity.MaxLinks": "of one item, which is written under its version", "signin.mostTold": "agencies whose log has one change",
	"signin.mostOwnersTold": "mails about one change",
	"text.MaxName":          "characters", "text.MaxMessage": "characters", "onboarding.MaxReason": "characters", "resources.MaxKey": "bytes",
	"client.MaxEarlier": "the oldest goes", "invite.MaxTimeline": "one in the middle goes", "purchase.MaxSteps": "the oldest goes",
	"activity.MaxExport": "rows of one answer", "resources.MaxSeers": "clients that are looked through",
	"billing.mostPage": "pages of one run", "provisioning.maxReason": "characters",
	"home.MaxTasks": "tasks that are shown", "home.MaxClients": "clients that are looked through",
	"instance.MaxNode": "characters", "instance.MaxMessage": "characters", "instance.MaxFlowName": "characters",
	"instance.maxPlaces": "calls for one address", "instance.MaxRoster": "workflows whose names are kept", "text.maxQuote": "characters", "notice.MaxLines": "of more, the number is kept",
	"identity.mostKnown": "the oldest goes", "payment.mostMinor": "a price", "onboarding.MostWaiting": "invitations that are shown",
	"resources.watchPerShard": "instances of one run",
	"sender.MaxLength":        "bytes", "sender.maxLabel": "bytes", "sender.maxTyped": "bytes", "sender.maxString": "bytes",
	"ses.mostTokens": "tokens of one answer", "sender.maxBytes": "bytes", "sender.MaxName": "characters", "sender.maxShown": "values that are shown",
	"sender.maxWalk": "names that one policy is looked for at", "sender.maxLookups": "lookups of one SPF record",
	"sender.maxVoid": "lookups of one SPF record", "sender.MaxQuestions": "questions of one look", "sender.maxMisses": "looks that miss",
	"mailserver.MaxHost": "bytes", "mailserver.maxLabel": "bytes", "mailserver.MaxUser": "bytes", "mailserver.MaxPassword": "bytes",
	"mailserver.MostTries": "tries of one mail", "mailserver.MaxSaid": "characters",
	"sender.MaxHolds": "names of one tree, which is written as one", "sender.MaxRefusals": "mails in a row",
	"sender.MaxRecordsLinks": "the oldest goes",
	"senders.MaxIdentities":  "the mail service's, see TestSenderQ4",
	"contact.MaxPhone":       "characters", "contact.MaxAddress": "characters", "contact.MaxTaxID": "characters",
	"contact.MaxCustom": "characters", "contact.MaxNote": "characters", "contacts.MaxExport": "rows of one file",
	"contacts.mostChoices": "companies that a form offers", "contacts.mostShown": "characters",
	"batch.MaxLines": "lines of one request", "batch.MaxRows": "rows of a file", "batch.MaxRoles": "roles of a line",
	"batch.MaxFile": "bytes of a file", "batch.MaxPaste": "bytes", "batch.MaxTyped": "characters", "email.mostTyped": "bytes",
	"imports.mostNamed": "rows that are named",
	"sheet.MaxBytes":    "bytes of a file", "sheet.MaxRows": "rows of a file", "sheet.MaxColumns": "columns of a file",
	"sheet.mostUnknown": "names that are told back", "sheet.mostOfAName": "characters",
	"role.MaxName": "characters", "role.MaxDescription": "characters", "role.mostFaults": "entries that are named",
	"roles.MaxAffected": "clients that are looked through", "client.MaxRoles": "one client's, which is written as one",
	"client.MaxContacts":   "one client's, which is written as one",
	"zone.MostHops":        "aliases that are followed",
	"portal.MaxGlances":    "instances that are asked for a page",
	"invite.ResendsPerDay": "a minute apart, see TestFE13",
	"sharelink.MaxUses":    "a number", "sharelink.MaxLife": "a time", "sharelink.MaxRoles": "roles of one value",
	"sharelink.MaxDomains": "domains of one value", "sharelink.MaxJoined": "the oldest goes", "sharelink.MaxFormer": "the oldest goes",
	"sharelink.MaxRefusals": "the link ends with the last",
	"webhook.MaxURL":        "bytes", "webhook.MaxDescription": "characters", "webhook.mostPause": "a time", "webhook.MostWait": "a time",
	"webhook.MaxTries": "of one delivery",
}

func TestFS2EveryCapHoldsOf64(t *testing.T) {
	t.Parallel()
	for name, l := range limits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inSuch(t, slowTransactions, func(w *world) {
				o := w.office("Northwind")
				try, count := l.prepare(o)
				before := count()
				var made atomic.Int32
				together(64, func(n int) {
					err := try(n)
					if err == nil {
						made.Add(1)
					} else if !fault.Is(err, l.code) {
						t.Errorf("refused with %v", err)
					}
				})
				equal(w, "there are", count(), l.most)
				equal(w, "made", int(made.Load()), l.most-before)
				w.wants(try(64), l.code)
				w.settled()
			})
		})
	}
	t.Run("what Allow counts", func(t *testing.T) {
		t.Parallel()
		in(t, func(w *world) {
			var allowed atomic.Int32
			now := time.Now()
			together(64, func(int) {
				wait, err := w.table.Allow(w.ctx, "story#x", 30, time.Hour, now)
				must(t, err)
				if wait == 0 {
					allowed.Add(1)
				}
			})
			equal(w, "allowed", allowed.Load(), int32(30))
		})
	})
}

// A cap that is new is in one of the lists, or this fails.
func TestFS2NoCapIsLeftOut(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`^([Mm]ax|[Mm]ost|Hourly|Probation)[A-Z]|[a-z]Per[A-Z]|^uploads$`)
	seen := map[string]bool{}
	for _, floor := range []string{"domain", "usecase"} {
		must(t, filepath.WalkDir(filepath.Join("../../../shared", floor), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			for _, d := range file.Decls {
				g, ok := d.(*ast.GenDecl)
				if !ok || g.Tok != token.CONST {
					continue
				}
				for _, s := range g.Specs {
					for _, n := range s.(*ast.ValueSpec).Names { //nolint:errcheck // a constant's is one
						if named.MatchString(n.Name) {
							seen[file.Name.Name+"."+n.Name] = true
						}
					}
				}
			}
			return nil
		}))
	}
	for name := range seen {
		if _, is := limits[name]; !is && windows[name] == "" && sizes[name] == "" {
			t.Errorf("%s is a cap, or looks like one: let 64 callers try it in limits, or say in windows or sizes what it is", name)
		}
	}
	for name := range limits {
		if !seen[name] && name != "agency.ProbationInvites" && name != "agency.HourlyInvites" {
			t.Errorf("there is no %s any more", name)
		}
	}
}

func members(o *office) (func(int) error, func() int) {
	w := o.w
	newcomers := &agencies.Newcomers{Store: dynamo.NewNewcomers(w.table.Table), Queue: w.queue, Now: time.Now}
	return func(n int) error {
			in := agencies.NewMember{Email: fmt.Sprintf("m%d@northwind.example", n), Level: agency.Admin}
			return second(newcomers.Add(w.ctx, o.owner, in, ""))
		}, func() int {
			team, err := dynamo.NewNewcomers(w.table.Table).Team(w.ctx, o.id)
			must(w.t, err)
			return len(team.Members)
		}
}

func apiKeys(o *office) (func(int) error, func() int) {
	return func(n int) error {
			_, _, err := o.w.keys.Create(o.w.ctx, o.owner, signin.NewKey{Name: fmt.Sprint("key ", n), Scopes: identity.Scopes()}, "")
			return err
		}, func() int {
			all, err := o.w.keys.List(o.w.ctx, o.owner)
			must(o.w.t, err)
			return len(all)
		}
}

// webhookEndpoints are made while there are some.
func webhookEndpoints(o *office) (func(int) error, func() int) {
	o.owner.Since, o.owner.Proved = time.Now(), time.Now()
	store := dynamo.NewWebhooks(o.w.table.Table)
	secrets := &webhooks.Secrets{Endpoints: webhooks.Endpoints{Store: store, Guard: egress.Strict(), Now: time.Now}, Keys: o.w.ring}
	return func(n int) error {
			url := fmt.Sprintf("https://hooks.example.com/%d", n)
			_, _, err := secrets.Create(o.w.ctx, o.owner, webhooks.Change{URL: &url}, "")
			return err
		}, func() int {
			all, err := store.Endpoints(o.w.ctx, o.id)
			must(o.w.t, err)
			return len(all)
		}
}

// webhookEndpoint is the one that there is, with where it is kept.
func webhookEndpoint(o *office) (dynamo.Webhooks, *webhook.Endpoint) {
	make, _ := webhookEndpoints(o)
	must(o.w.t, make(0))
	store := dynamo.NewWebhooks(o.w.table.Table)
	all, err := store.Endpoints(o.w.ctx, o.id)
	must(o.w.t, err)
	return store, &all[0]
}

// testEvents are asked for when most of an hour's have been.
func testEvents(o *office) (func(int) error, func() int) {
	store, e := webhookEndpoint(o)
	for range webhook.MaxAsked - 8 {
		must(o.w.t, e.Ask(time.Now()))
	}
	must(o.w.t, store.SaveEndpoint(o.w.ctx, e))
	asked := &webhooks.Asked{Store: store, Queue: idle{}, Now: time.Now}
	return func(int) error { return second(asked.Test(o.w.ctx, o.owner, e.ID)) }, func() int {
		x, err := store.Endpoint(o.w.ctx, o.id, e.ID)
		must(o.w.t, err)
		return len(x.Asked)
	}
}

// rotations of one endpoint's secret, of which there has been one.
func rotations(o *office) (func(int) error, func() int) {
	store, e := webhookEndpoint(o)
	secrets := &webhooks.Secrets{Endpoints: webhooks.Endpoints{Store: store, Guard: egress.Strict(), Now: time.Now}, Keys: o.w.ring}
	rotate := func(int) error {
		_, _, err := secrets.Rotate(o.w.ctx, o.owner, e.ID)
		return err
	}
	must(o.w.t, rotate(0))
	return rotate, func() int {
		x, err := store.Endpoint(o.w.ctx, o.id, e.ID)
		must(o.w.t, err)
		return len(x.Signing(time.Now())) - 1
	}
}

func userRoles(o *office) (func(int) error, func() int) {
	o.portal()
	for n := range role.MaxRoles - 5 {
		o.role(fmt.Sprint("Role ", n))
	}
	return func(n int) error {
			name := fmt.Sprint("More ", n)
			_, err := o.roles().Create(o.w.ctx, o.owner, roles.Draft{Name: &name}, "")
			return err
		}, func() int {
			all, _, err := o.roles().List(o.w.ctx, o.owner)
			must(o.w.t, err)
			return len(all)
		}
}

func (o *office) inventory() *resources.Inventory {
	return &resources.Inventory{Store: dynamo.NewInventory(o.w.table.Table), Now: time.Now, Guard: anywhere{}}
}

// anywhere is a guard with nothing to say: no address is typed in here.
type anywhere struct{}

func (anywhere) JudgeName(string, string, uint16) error { return nil }

// many gives the agency so many services of its own.
func (o *office) many(n int) []id.Resource {
	o.w.t.Helper()
	out := make([]id.Resource, n)
	for i := range out {
		out[i] = id.New[id.Resource](id.ServicePrefix, time.Now())
		must(o.w.t, o.w.table.AddResource(o.w.ctx, o.id,
			instance.Resource{ID: out[i], Type: "other", Name: fmt.Sprint(i), Status: instance.Active, CreatedAt: time.Now()}))
	}
	return out
}

func services(o *office) (func(int) error, func() int) {
	v := o.inventory()
	all := o.many(resources.MaxResources - 20)
	must(o.w.t, second(v.Disconnect(o.w.ctx, o.owner, instance.Service, all[0]))) // a place that is free again is one
	// What a client has bought takes nobody's place.
	must(o.w.t, o.w.table.AddResource(o.w.ctx, o.id, instance.Resource{ID: id.New[id.Resource](id.ServicePrefix, time.Now()),
		Type: "whatsapp", Name: "bought", Status: instance.Active, CreatedAt: time.Now(), Owner: "cl_1"}))
	return func(n int) error {
			_, err := v.ConnectService(o.w.ctx, o.owner, resources.Service{Type: "other", Name: fmt.Sprint("new ", n)}, "")
			return err
		}, func() int {
			have, err := o.w.table.Resources(o.w.ctx, o.id, instance.Service)
			must(o.w.t, err)
			n := 0
			for i := range have {
				if have[i].Owner == "" {
					n++
				}
			}
			return n
		}
}

// cards gives the agency nearly as many contacts as it may have, from files.
func cards(o *office) (func(int) error, func() int) {
	k := contacts.NewCards(dynamo.NewCards(o.w.table.Table), time.Now)
	const left = 20
	for made := 0; made < contacts.MaxContacts-left; {
		n := min(sheet.MaxRows, contacts.MaxContacts-left-made)
		var file strings.Builder
		file.WriteString("name\n")
		for i := range n {
			fmt.Fprintf(&file, "Contact %d\n", made+i)
		}
		dry, err := k.Preview(o.w.ctx, o.owner, []byte(file.String()))
		must(o.w.t, err)
		must(o.w.t, second(k.Confirm(o.w.ctx, o.owner, []byte(file.String()), dry.Hash)))
		made += n
	}
	return func(n int) error {
			name := fmt.Sprint("new ", n)
			_, err := k.Create(o.w.ctx, o.owner, contact.Fields{Name: &name}, "")
			return err
		}, func() int {
			n := 0
			for q := (contacts.Query{Limit: 200}); ; {
				page, err := k.List(o.w.ctx, o.owner, q)
				must(o.w.t, err)
				if n += len(page.Cards); page.Next == "" {
					return n
				}
				q.After = page.Next
			}
		}
}

func grants(o *office) (func(int) error, func() int) {
	which, link := o.invite("ops@acme.example")
	must(o.w.t, second(o.w.invitations.Accept(o.w.ctx, link, "", person("ops@acme.example"))))
	c := o.get(which)
	all := o.many(65)
	return func(n int) error {
			_, err := o.w.grants.Grant(o.w.ctx, o.owner, c.ID, all[n], instance.Read)
			return err
		}, func() int {
			c, err := o.w.table.Client(o.w.ctx, o.id, c.Ref(), true)
			must(o.w.t, err)
			return len(c.Grants)
		}
}

func invites(o *office) (func(int) error, func() int) {
	return func(n int) error { return second(o.send(fmt.Sprintf("c%d@acme.example", n))) },
		func() int { return len(o.clients()) }
}

// scheduled has sent the hour's ten, and has all but four of those that may wait.
func scheduled(o *office) (func(int) error, func() int) {
	o.withPortal()
	for n := range agency.HourlyInvites {
		must(o.w.t, second(o.send(fmt.Sprintf("sent%d@acme.example", n))))
	}
	o.w.deliver()
	times := make([]types.AttributeValue, batch.MaxScheduled-4)
	for n := range times {
		at := time.Now().Add(100*time.Hour + time.Duration(n)*6*time.Minute)
		times[n] = &types.AttributeValueMemberN{Value: fmt.Sprint(at.UnixMilli())}
	}
	o.w.set(string(o.id), "promises", "times", &types.AttributeValueMemberL{Value: times})
	o.w.set(string(o.id), "promises", "v", &types.AttributeValueMemberN{Value: "1"})
	return func(n int) error {
			b, err := o.bulk([]batch.Line{{Number: 1, Email: fmt.Sprintf("c%d@acme.example", n)}})
			if err == nil && b.Entries[0].Kind == batch.Limit {
				return fault.New(fault.RateLimited, "bulk.too_many_scheduled", "most", batch.MaxScheduled)
			}
			return err
		}, func() int {
			seen, err := o.w.bulk.Store.Snapshot(o.w.ctx, o.id, imports.Query{Promises: true})
			must(o.w.t, err)
			return len(seen.Promises.Times)
		}
}

// firstWeek has sent all but four of its first week's invites.
func firstWeek(o *office) (func(int) error, func() int) {
	created := types.AttributeValueMemberN{Value: fmt.Sprint(time.Now().Add(-time.Hour).UnixMilli())}
	o.w.set(string(o.id), "agency", "created", &created)
	o.w.set(string(o.id), "agency", "total", &types.AttributeValueMemberN{Value: fmt.Sprint(agency.ProbationInvites - 4)})
	try, _ := invites(o)
	return try, func() int {
		a, err := o.w.table.Agency(o.w.ctx, o.id)
		must(o.w.t, err)
		return a.Sends.Total
	}
}

func domains(o *office) (func(int) error, func() int) {
	o.owner.Since, o.owner.Proved = time.Now(), time.Now()
	return func(n int) error {
			return second(o.w.claims.Claim(o.w.ctx, o.owner, fmt.Sprintf("mail.northwind%d.dev", n), ""))
		}, func() int {
			all, err := dynamo.NewSenderReads(o.w.table.Table).Claims(o.w.ctx, o.id)
			must(o.w.t, err)
			return len(all)
		}
}

// bounceNames has a domain's name for bounces changed, for which the mail service is called as for a claim.
func bounceNames(o *office) (func(int) error, func() int) {
	o.owner.Since, o.owner.Proved = time.Now(), time.Now()
	v, err := o.w.claims.Claim(o.w.ctx, o.owner, "mail.northwind.dev", "")
	must(o.w.t, err)
	return func(n int) error {
			return second(o.w.claims.Bounces(o.w.ctx, o.owner, v.ID, fmt.Sprintf("bounce%d", n)))
		}, func() int {
			s, err := o.w.domains.Settings(o.w.ctx, o.id)
			must(o.w.t, err)
			return len(s.Changes)
		}
}

func firstDomain(o *office) (func(int) error, func() int) {
	created := types.AttributeValueMemberN{Value: fmt.Sprint(time.Now().Add(-time.Hour).UnixMilli())}
	o.w.set(string(o.id), "agency", "created", &created)
	return domains(o)
}

func proposals(o *office) (func(int) error, func() int) {
	which, link := o.invite("ops@acme.example")
	return func(n int) error {
			return second(o.w.answers.Propose(o.w.ctx, identity.Caller{},
				link, fmt.Sprintf("other%d@acme.example", n), fmt.Sprintf("192.0.2.%d", n)))
		}, func() int {
			n := 0
			for _, e := range o.get(which).Invite.Timeline {
				if e.Name == invite.Proposed {
					n++
				}
			}
			return n
		}
}

// second is the error of a call of which nothing else is wanted.
func second[T any](_ T, err error) error { return err }

// Whoever made as many keys as there may be has no access after the first step. However many there are, from a time when no cap
// held, their maker can be removed, and asking again goes on with what was interrupted.
func TestFS2RemovingWorksInSteps(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		newcomers := &agencies.Newcomers{Store: dynamo.NewNewcomers(w.table.Table), Queue: w.queue, Now: time.Now}
		m, err := newcomers.Add(w.ctx, o.owner, agencies.NewMember{Email: "mia@northwind.example", Level: agency.Owner}, "")
		must(t, err)
		for range 130 {
			o.oldKey(m.ID)
		}
		cookie, person := w.signIn("mia@northwind.example")
		equal(w, "works at", person.Agency, o.id)
		opens := func(c signin.Credentials) error {
			_, err := w.door.Authenticate(w.ctx, c, identity.ByStaff(identity.AgencyRead))
			return err
		}
		// The newest keys go first.
		var tokens []string
		for range identity.MaxKeys {
			tokens = append(tokens, o.oldKey(m.ID))
			must(t, opens(signin.Credentials{Bearer: tokens[len(tokens)-1]}))
		}
		must(t, opens(signin.Credentials{Session: cookie}))
		broken := &interrupted{MemberStore: dynamo.NewMembers(w.table.Table), after: 1}
		staff := &agencies.Members{Store: broken, Now: time.Now}
		if err := staff.Remove(w.ctx, o.owner, m.ID); err == nil {
			t.Fatal("it was not interrupted")
		}
		w.wants(opens(signin.Credentials{Session: cookie}), fault.Forbidden)
		for _, token := range tokens {
			w.wants(opens(signin.Credentials{Bearer: token}), fault.Unauthenticated)
		}
		broken.after = 1 << 30
		must(t, staff.Remove(w.ctx, o.owner, m.ID))
		w.wants(staff.Remove(w.ctx, o.owner, m.ID), fault.NotFound)
		all, err := w.keys.List(w.ctx, o.owner)
		must(t, err)
		equal(w, "keys", len(all), 130+identity.MaxKeys)
		for i := range all {
			if all[i].RevokedAt.IsZero() {
				t.Errorf("%s is not revoked", all[i].ID)
			}
		}
		rows := 0
		log, err := w.table.History(w.ctx, o.id)
		must(t, err)
		for _, e := range log {
			if e.Action == audit.KeyRevoked && e.Detail != "" {
				rows++
			}
		}
		equal(w, "rows of the log", rows, 130+identity.MaxKeys)
	})
}

// An agency with any number of keys, one of whose owners is its client as well, can be deleted, and all of it goes.
func TestFS2DeletingAnAgencyWorksInSteps(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		colleague, err := o.add("colleague@northwind.example") // nobody invites oneself
		must(t, err)
		owner := o.owner
		o.owner.Member, o.owner.Email = colleague.ID, colleague.Email
		_, link := o.invite(string(owner.Email))
		o.owner = owner
		must(t, second(w.invitations.Accept(w.ctx, link, "", person(string(owner.Email)))))
		token := ""
		for range 130 {
			token = o.oldKey(o.owner.Member)
		}
		closing := &agencies.Closing{Store: dynamo.NewClosings(w.table.Table), Now: time.Now}
		caller := o.owner
		caller.Since, caller.Proved = time.Now(), time.Now()
		must(t, closing.Close(w.ctx, caller, "Northwind"))
		_, err = w.door.Authenticate(w.ctx, signin.Credentials{Bearer: token}, identity.ByStaff(identity.AgencyRead))
		w.wants(err, fault.Unauthenticated)
		w.pass(2 * time.Hour)
		for _, i := range w.of(string(o.id)) {
			if sk := plain(i); strings.Contains(sk, "key#") || strings.Contains(sk, "mb#") {
				t.Errorf("left: %s", sk)
			}
		}
	})
}

// oldKey writes a key past every cap, as one was when the cap could be raced. It returns its token.
func (o *office) oldKey(by id.Member) string {
	o.w.t.Helper()
	a, err := o.w.table.Agency(o.w.ctx, o.id)
	must(o.w.t, err)
	now := time.Now()
	k := &identity.APIKey{ID: id.New[id.Key](id.KeyPrefix, now), Agency: o.id, Name: "old", Scopes: identity.Scopes(), CreatedBy: by,
		CreatedAt: now}
	agencyBytes, keyBytes := id.Bytes(id.AgencyPrefix, string(o.id)), id.Bytes(id.KeyPrefix, string(k.ID))
	token := secret.New(secret.APIKey, append(agencyBytes[:], keyBytes[:]...))
	k.Hash = secret.HashOf(token)
	must(o.w.t, dynamo.NewKeys(o.w.table.Table).CreateAPIKey(o.w.ctx, k, a.Staff, rowOf(o), nil))
	return token
}

// interrupted is a table that goes away after so many changes of the team.
type interrupted struct {
	agencies.MemberStore
	mu    sync.Mutex
	after int
}

func (i *interrupted) ChangeTeam(ctx context.Context, c agencies.TeamChange) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.after--; i.after < 0 {
		return fault.New(fault.Unavailable, "The database is busy. Try again in a moment.")
	}
	return i.MemberStore.ChangeTeam(ctx, c)
}

// What eventually consistent reads see is a while old here: whatever decides who may is not among them.
func TestFS9WhatIsTakenAwayDiesWithTheNextRequest(t *testing.T) {
	t.Parallel()
	stale := slowTransactions
	stale.engine.Staleness = 10 * time.Second
	inSuch(t, stale, func(w *world) {
		o := w.office("Northwind")
		k, token, err := w.keys.Create(w.ctx, o.owner, signin.NewKey{Name: "one", Scopes: identity.Scopes()}, "")
		must(t, err)
		bearer := signin.Credentials{Bearer: token}
		_, err = w.door.Authenticate(w.ctx, bearer, identity.ByStaff(identity.AgencyRead))
		must(t, err)
		must(t, w.keys.Revoke(w.ctx, o.owner, k.ID))
		_, err = w.door.Authenticate(w.ctx, bearer, identity.ByStaff(identity.AgencyRead))
		w.wants(err, fault.Unauthenticated)

		which, link := o.invite("ops@acme.example")
		cookie, caller := w.signIn("ops@acme.example")
		must(t, second(w.invitations.Accept(w.ctx, link, "", caller)))
		see := func() int {
			v, err := w.portal.Get(w.ctx, caller, o.id)
			must(t, err)
			return len(v.Instances)
		}
		equal(w, "in the portal", see(), 2)
		c := o.get(which)
		must(t, second(w.grants.Revoke(w.ctx, o.owner, c.ID, o.n8n[0])))
		equal(w, "in the portal after one was taken away", see(), 1)
		must(t, second(w.removal.Remove(w.ctx, o.owner, c.ID)))
		_, err = w.portal.Get(w.ctx, caller, o.id)
		w.wants(err, fault.NotFound)

		must(t, w.sessions.End(w.ctx, cookie))
		got, err := w.door.Authenticate(w.ctx, signin.Credentials{Session: cookie}, identity.ByVisitor)
		must(t, err)
		equal(w, "signed in", got.SignedIn(), false)
	})
}

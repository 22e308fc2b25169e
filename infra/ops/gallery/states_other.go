package main

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/view/letter"
	"latchkey.dev/shared/view/page"
)

func otherStates() []state {
	docs, err := web.Docs("https://portal.example.com")
	if err != nil {
		panic(err) // a test shows that it can be read
	}
	docs.Brand = platform
	// The whole reference is another page with every operation that is added: its picture is taken of three.
	few := docs
	few.Groups, few.Codes = nil,
		[]page.DocsCode{{Code: "invalid", Text: "What was sent does not fit; errors names the fields.", Status: 422},
			{Code: "rate_limited", Text: "Too many requests; Retry-After says when to come back.", Status: 429}}
	for _, g := range docs.Groups {
		g.Operations = slices.DeleteFunc(slices.Clone(g.Operations), func(o page.DocsOperation) bool {
			return !slices.Contains([]string{"createApiKey", "revokeApiKey", "sendInvite"}, o.ID)
		})
		if len(g.Operations) > 0 {
			few.Groups = append(few.Groups, g)
		}
	}
	states := []state{
		{Name: "error-404",
			view: page.Failure{Brand: platform, Title: "Page not found",
				Text: "The link may be old, or part of it is missing.", Next: "Go to the start page", NextURL: "/"}},
		{Name: "error-405", view: page.Failure{Brand: platform, Title: "This address can't do that", Text: "Go back and try " +
			"again.", Next: "Go to the start page", NextURL: "/"}},
		{Name: "error-429", view: page.Failure{Brand: platform, Title: "Too many requests", Text: "Too many tries from this network. " +
			"Try again in 2 minutes.", Next: "Try again", NextURL: "/"}},
		{Name: "error-500",
			view: page.Failure{Brand: platform, Title: "Something went wrong on our side",
				Text: "Nothing was changed. Try again in a moment.", Next: "Go to the start page", NextURL: "/", Ref: "01KAM5Q0Z8"}},
		{Name: "error-cross-origin",
			view: page.Failure{Brand: platform, Title: "This came from another site",
				Text: "To protect you, we only accept changes from our own pages. Open the page here and try again.",
				Next: "Go to the start page", NextURL: "/"}},
		{Name: "docs", view: docs},
		{Name: "docs-few", view: few},
	}
	if job, ok := few.For(few.Groups[len(few.Groups)-1].ID); ok {
		states = append(states, state{Name: "docs-few-job", view: job})
	}
	for _, g := range docs.Groups {
		job, _ := docs.For(g.ID)
		states = append(states, state{Name: "docs-" + g.ID, view: job})
	}
	return states
}

func mailStates() []state {
	invitation := letter.InvitationData{
		Platform: "Latchkey", AgencyName: "Northwind Automations", AgencyColor: "#0f766e", ClientName: "Acme Ltd",
		Message:   "Hi Dana,\nhere is the window into your workflows. Call me when something looks odd.",
		Inviter:   "Nora Lindqvist",
		Opens:     []letter.Access{{Name: "Production", Rights: "Read-only"}, {Name: "Staging", Rights: "Read-write"}},
		Link:      "https://portal.latchkey.example/i/lki_4fWqK0Y5hQ8m2nB7cX1vZ9sT3uD6eR0pL5aJ8gN2wM4yH7kQ1bF6xC3",
		ExpiresAt: now.AddDate(0, 0, 7),
	}
	odd, bare := invitation, invitation
	odd.AgencyName, odd.ClientName, odd.AgencyColor, odd.Message = longest, unbroken, "#facc15", rtl+" "+emoji
	odd.Opens = []letter.Access{{Name: unbroken, Rights: "Read-only"}, {Name: rtl, Rights: "Read-write"}}
	bare.ClientName, bare.Inviter, bare.Message, bare.Opens = "", "", "", nil
	mail := func(d letter.InvitationData) func() letter.Letter {
		return func() letter.Letter { return letter.Invitation(d) }
	}
	return []state{
		{Name: "mail-invitation", mail: mail(invitation)},
		{Name: "mail-invitation-bare", mail: mail(bare)},
		{Name: "mail-invitation-odd", mail: mail(odd)},
		{Name: "mail-invitation-paying", mail: mail(func() letter.InvitationData {
			d := invitation
			d.Opens, d.Buys, d.Price = nil, []string{"n8n Hosting, 30 GB", "WhatsApp Service"}, "€68.00 a month or €680.00 a year"
			return d
		}())},
		{Name: "mail-reminder", mail: reminding("Northwind Automations", "Nora Lindqvist")},
		{Name: "mail-reminder-long", mail: reminding(longest, rtl)},
		{Name: "mail-digest", mail: digest(1)},
		{Name: "mail-digest-many", mail: digest(9)},
		{Name: "mail-powers", mail: powers("CRM sync")},
		{Name: "mail-powers-many", mail: powers("CRM sync", longest, rtl)},
		{Name: "mail-passkey-added", mail: changed(identity.PasskeyAdded, "iCloud Keychain")},
		{Name: "mail-passkey-renamed", mail: changed(identity.PasskeyRenamed, longest)},
		{Name: "mail-passkey-removed", mail: changed(identity.PasskeyRemoved, rtl)},
		{Name: "mail-welcome", mail: welcome("Northwind Automations", "#0f766e", false)},
		{Name: "mail-welcome-owner", mail: welcome(longest, "#facc15", true)},
		{Name: "mail-approved", mail: approval("Northwind Automations", "#0f766e")},
		{Name: "mail-approved-odd", mail: approval(longest, "#facc15")},
		{Name: "mail-account-added", mail: account(identity.LinkAdded)},
		{Name: "mail-account-replaced", mail: account(identity.LinkReplaced)},
		{Name: "mail-account-device", mail: account(identity.NewDevice)},
		{Name: "mail-account-out", mail: account(identity.SignedOut)},
		{Name: "mail-account-out-else", mail: account(identity.SignedOutElse)},
		{Name: "mail-account-other", mail: account(identity.LinkOfOther)},
		{Name: "mail-office-linked", mail: account(identity.OfficeLinked)},
		{Name: "mail-issuer-required", mail: account(identity.IssuerRequired)},
		{Name: "mail-issuer-rests", mail: account(identity.IssuerRests)},
		{Name: "mail-issuer-without", mail: account(identity.IssuerWithout)},
		{Name: "mail-code", mail: func() letter.Letter {
			return letter.Code(letter.CodeData{Code: "402913", Platform: "Latchkey", Lifetime: 10 * time.Minute})
		}},
	}
}

// serveMail shows a mail's HTML part, or with ?part=text its subject and text.
func serveMail(w http.ResponseWriter, r *http.Request, l letter.Letter) {
	if r.URL.Query().Get("part") == "text" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintf(w, "Subject: %s\n\n%s", l.Subject, l.Text)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, l.HTML)
}

func changed(what identity.Tells, name string) func() letter.Letter {
	return func() letter.Letter {
		return letter.Account(letter.AccountData{Tells: what, Told: identity.Told{Passkey: name, Before: "iCloud Keychain",
			Device: "Safari, iOS"}, When: time.Date(2025, 11, 21, 14, 3, 0, 0, time.UTC), Link: "https://portal.latchkey.example/account",
			Platform: "Latchkey"})
	}
}

// account is a mail that tells of an account at a provider.
func account(what identity.Tells) func() letter.Letter {
	return func() letter.Letter {
		return letter.Account(letter.AccountData{Tells: what, Told: identity.Told{Provider: "Google", Account: "nora@northwind.example",
			Person: "sven@northwind.example", Agency: "Northwind Automations", Device: "Firefox, Windows", Network: "203.0.113.0/24"},
			When: time.Date(2026, 11, 29, 7, 40, 0, 0, time.UTC), Link: "https://portal.example/account", Platform: "Latchkey"})
	}
}

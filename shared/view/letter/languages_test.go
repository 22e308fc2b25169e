package letter_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/letter"
	"latchkey.dev/shared/view/receipt"
)

func TestMain(m *testing.M) {
	flag.Parse()
	letter.Speak()
	os.Exit(m.Run())
}

// sold is what clients of the letters buy.
func sold() *contract.Contract {
	amount := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }
	return &contract.Contract{Tax: contract.Tax{Way: contract.Included, Rate: 810}, Lines: []contract.Line{
		{Article: contract.Article{Product: contract.Hosting, StorageGB: 30}, Month: contract.Price{Amount: amount(124950)},
			Year: contract.Price{Amount: amount(1249500)}},
		{Article: contract.Article{Product: contract.WhatsApp}, Month: contract.Price{Amount: amount(1900)},
			Year: contract.Price{Amount: amount(19000)}}}}
}

// day is the date that mails of clients name.
var day = time.Date(2026, 12, 8, 17, 0, 0, 0, time.UTC)

// toClients are all mails that a client may get, in a language.
func toClients(t *testing.T, l words.Language) map[string]letter.Letter {
	t.Helper()
	deal, in := sold(), receipt.In(l)
	paid := func(every payment.Interval) string {
		s, err := in.Paid(deal, every)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := invitation()
	first.Language, first.ExpiresAt = l, day
	first.Opens = []letter.Access{{Name: "Production", Rights: l.Say("mail.read")}, {Name: "Staging", Rights: l.Say("mail.write")}}
	bare, held, paying := first, first, first
	bare.Inviter, bare.ClientName, bare.Message, bare.Opens = "", "", "", nil
	held.AgencyName, held.Held = "PayPal Support", true
	paying.Opens, paying.Price = nil, paid("")
	for _, x := range deal.Lines {
		paying.Buys = append(paying.Buys, x.In(l))
	}
	bought := thing(false)
	bought.Language, bought.On, bought.Thing = l, day, deal.Lines[0].In(l)
	n8n := bought
	n8n.SignIn = "ops@acme.example"
	welcome := approval("Northwind Automations", "#0f766e", false)
	welcome.Language = l
	quiet := welcome
	quiet.Held = true
	remind := reminding("Northwind Automations", "Nora Lindqvist")
	remind.Language, remind.Ends = l, day.In(time.FixedZone("CET", 3600))
	all := map[string]letter.Letter{
		"invitation": letter.Invitation(first), "invitation-bare": letter.Invitation(bare), "invitation-held": letter.Invitation(held),
		"invitation-paying": letter.Invitation(paying), "reminder": letter.Reminder(remind),
		"approved": letter.Approved(welcome), "approved-held": letter.Approved(quiet),
		"refund": letter.Refund(bought), "removal": letter.Removal(bought), "ready": letter.Ready(bought), "ready-n8n": letter.Ready(n8n),
		"confirm": letter.Confirm(bought),
		"code":    letter.Code(letter.CodeData{Code: "402913", Platform: "Latchkey", Lifetime: 10 * time.Minute, Language: l}),
	}
	for name, s := range map[string][2]agency.Standing{"suspended": {agency.Suspended, agency.Good}, "halted": {agency.Halted, agency.Good},
		"resumed": {agency.Good, agency.Suspended}, "restarted": {agency.Good, agency.Halted}} {
		all[name] = letter.Standing(letter.StandingData{AgencyName: "Northwind Automations", To: s[0], From: s[1], Platform: "Latchkey",
			Link: "https://portal.example/portal?agency=ag_1", Language: l})
	}
	for _, state := range []client.ChangeState{client.ChangeProposed, client.ChangeAgreed, client.ChangeScheduled, client.ChangeDone,
		client.ChangeDeclined, client.ChangeWithdrawn, client.ChangeExpired, client.ChangeFailed, client.ChangeCanceled} {
		for _, kind := range []string{"mine", "theirs", "anew", "card"} {
			d := letter.PayerData{State: state, ToClient: kind != "theirs", Anew: kind == "anew", Card: kind == "card", Pays: kind == "mine",
				Proposes: kind == "theirs", Old: paid(payment.Month), New: paid(payment.Year), Day: in.Day(day), Until: in.Day(day),
				BoughtData: bought}
			d.Thing, d.Link = in.Things(deal), "https://portal.example/portal/payer?agency=ag_1"
			all["payer-"+string(state)+"-"+kind] = letter.Payer(d)
		}
	}
	for _, tells := range []identity.Tells{identity.LinkAdded, identity.LinkReplaced, identity.LinkDropped, identity.PasskeyAdded,
		identity.PasskeyRenamed, identity.PasskeyRemoved, identity.NewDevice, identity.SignedOut, identity.SignedOutElse} {
		all["account-"+string(tells)] = letter.Account(letter.AccountData{Tells: tells, When: day, Language: l, Platform: "Latchkey",
			Link: "https://portal.example/account", Told: identity.Told{Provider: "Google", Account: "nora@northwind.example",
				Passkey: "iPhone", Before: "iCloud Keychain", Device: "Firefox, Windows",
				Network: "203.0.113.0/24", Way: identity.Passkey}})
	}
	return all
}

// sentences are those of a catalogue's areas that mails are made of.
func sentences(t *testing.T, l words.Language) []string {
	t.Helper()
	var all []string
	for _, area := range []string{"mail", "reminders", "money", "payer", "accountmail", "receipt"} {
		b, err := os.ReadFile(filepath.Join("../../domain/words", string(l), area+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		for _, s := range m {
			switch s := s.(type) {
			case string:
				all = append(all, s)
			case map[string]any:
				for _, form := range s {
					all = append(all, form.(string))
				}
			}
		}
	}
	return all
}

var (
	between = regexp.MustCompile(`\{[^}]*\}|<[^>]*>|[.?!:] `)
	keys    = regexp.MustCompile(`\b(mail|reminders|money|payer|accountmail|receipt)\.[a-z]+_[a-z_]+`)
	inTags  = regexp.MustCompile(`<style>(?s:.*?)</style>|<[^>]*>`)
)

// said are the stretches of three words or more that a language says between values.
func said(all []string) []string {
	var out []string
	for _, s := range all {
		for _, part := range between.Split(s, -1) {
			if part = strings.TrimSpace(part); len(strings.Fields(part)) >= 3 {
				out = append(out, part)
			}
		}
	}
	return out
}

// read is what somebody reads of a mail's HTML.
func read(html string) string {
	return strings.NewReplacer("&#39;", "'", "&#34;", `"`, "&#43;", "+", "&amp;", "&").Replace(inTags.ReplaceAllString(html, " "))
}

// TestSenderL1EveryMailToAClientIsInItsLanguage holds that nothing English is left in a mail of another language.
func TestSenderL1EveryMailToAClientIsInItsLanguage(t *testing.T) {
	t.Parallel()
	english := said(sentences(t, words.English))
	for _, l := range words.Languages()[1:] {
		own := strings.Join(sentences(t, l), "\n")
		for name, m := range toClients(t, l) {
			for part, s := range map[string]string{"subject": m.Subject, "text": m.Text, "HTML": read(m.HTML)} {
				for _, e := range english {
					if strings.Contains(s, e) && !strings.Contains(own, e) {
						t.Errorf("%s: %s of %s says %q", l, part, name, e)
					}
				}
				if strings.ContainsAny(s, "{}") || keys.MatchString(s) || s == "" {
					t.Errorf("%s: %s of %s: %q", l, part, name, s)
				}
			}
		}
	}
}

// TestSenderL2AMailSpeaksOneLanguage holds that subject, text, HTML, dates, amounts and what is said of the language agree.
func TestSenderL2AMailSpeaksOneLanguage(t *testing.T) {
	t.Parallel()
	english := toClients(t, words.English)
	for _, l := range words.Languages() {
		all := toClients(t, l)
		tag := ` lang="` + string(l) + `" dir="` + l.Direction() + `"`
		for name, m := range all {
			if m.Language != l {
				t.Errorf("%s: %s says that it is in %q", l, name, m.Language)
			}
			for _, element := range []string{"<html", "<body", `<table role="presentation" class="page"`} {
				if !strings.Contains(m.HTML, element+tag) {
					t.Errorf("%s: %s has no %s%s", l, name, element, tag)
				}
			}
			if l != words.English && m.Subject == english[name].Subject {
				t.Errorf("%s: the subject of %s is %q", l, name, m.Subject)
			}
		}
		for name, want := range map[string]string{"invitation": l.Date(day), "reminder": l.Deadline(day.In(time.FixedZone("CET", 3600))),
			"removal": l.Date(day), "payer-proposed-mine": l.Date(day), "account-passkey_added": l.Moment(day),
			"invitation-paying": money.Amount{Minor: 126850, Currency: "EUR"}.In(l)} {
			m := all[name]
			if !strings.Contains(bare(m.Text), want) || !strings.Contains(read(m.HTML), want) {
				t.Errorf("%s: %s has no %q in both of its parts:\n%s", l, name, want, m.Text)
			}
		}
	}
}

// bare is a text without the marks that keep values apart.
func bare(s string) string {
	return strings.NewReplacer("\u2066", "", "\u2068", "", "\u2069", "").Replace(s)
}

// TestSenderL2MailsFromRightToLeft holds that addresses, codes and names keep their own direction, and links nothing but themselves.
func TestSenderL2MailsFromRightToLeft(t *testing.T) {
	t.Parallel()
	for _, l := range words.Languages() {
		for name, m := range toClients(t, l) {
			rtl := l.Direction() == "rtl"
			for part, s := range map[string]string{"subject": m.Subject, "text": m.Text} {
				depth := 0
				for _, r := range s {
					switch r {
					case '\u2066', '\u2068':
						depth++
					case '\u2069':
						depth--
					case '\n':
						if depth != 0 {
							t.Errorf("%s: a mark of %s is not closed in its line", l, name)
						}
					}
					if depth < 0 {
						t.Errorf("%s: a mark of %s is closed twice", l, name)
					}
				}
				if !rtl && strings.ContainsAny(s, "\u2066\u2068\u2069") {
					t.Errorf("%s: the %s of %s has marks", l, part, name)
				}
			}
			if strings.ContainsAny(m.HTML, "\u2066\u2067\u2068\u2069") || strings.Count(m.HTML, "<bdi") != strings.Count(m.HTML, "</bdi>") {
				t.Errorf("%s: the HTML of %s has marks in the place of elements", l, name)
			}
			for _, u := range remote.FindAllString(m.Text, -1) {
				if strings.ContainsAny(u, "\u2066\u2067\u2068\u2069\u200f") || !slices.Contains(strings.Split(m.Text, "\n"), u) {
					t.Errorf("%s: %s links %q", l, name, u)
				}
			}
			if name != "code" && !strings.Contains(m.HTML, `<bdi dir="ltr">https://`) {
				t.Errorf("%s: the address in %s has no direction of its own", l, name)
			}
			align := map[bool]string{false: `align="left"`, true: `align="right"`}[rtl]
			if !strings.Contains(m.HTML, `class="card" `+align) {
				t.Errorf("%s: %s begins at the wrong side", l, name)
			}
		}
	}
	he := toClients(t, words.Hebrew)
	for name, want := range map[string]string{"code": `<bdi dir="ltr">402913</bdi>`, "ready-n8n": `<bdi dir="ltr">ops@acme.example</bdi>`,
		"refund": "<bdi>Northwind Automations</bdi>"} {
		if !strings.Contains(he[name].HTML, want) {
			t.Errorf("%s has no %s", name, want)
		}
	}
	if want := "\u2066ops@acme.example\u2069"; !strings.Contains(he["ready-n8n"].Text, want) {
		t.Errorf("no %q in\n%s", want, he["ready-n8n"].Text)
	}
}

// TestSenderL3WhatTheAgencyWroteStaysAsItIs holds that its own words are in every mail as they were typed, in no language that we know of
// and in the direction that they have.
func TestSenderL3WhatTheAgencyWroteStaysAsItIs(t *testing.T) {
	t.Parallel()
	const typed = "Hi Dana,\nhere is the window into your workflows."
	for _, l := range words.Languages() {
		m := toClients(t, l)["invitation"]
		if !strings.Contains(m.Text, typed) {
			t.Errorf("%s: the text is\n%s", l, m.Text)
		}
		own := regexp.MustCompile(`<td lang="" dir="auto"[^>]*>` + strings.ReplaceAll(typed, "\n", "<br>") + `</td>`)
		if !own.MatchString(m.HTML) {
			t.Errorf("%s: the message has no direction of its own", l)
		}
	}
}

func TestGoldenMailsInOtherLanguages(t *testing.T) {
	t.Parallel()
	for _, l := range []words.Language{words.German, words.Hebrew} {
		all := toClients(t, l)
		for _, name := range []string{"invitation", "invitation-paying", "reminder", "code", "ready-n8n", "removal", "payer-proposed-mine",
			"account-passkey_added", "suspended"} {
			m := all[name]
			for ext, got := range map[string]string{".txt": "Subject: " + m.Subject + "\n\n" + m.Text, ".html": m.HTML} {
				path := filepath.Join("testdata", string(l), name+ext)
				if *update {
					if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
						t.Fatal(err)
					}
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
}

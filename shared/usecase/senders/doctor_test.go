package senders_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	stub "latchkey.dev/infra/run/dns"
	"latchkey.dev/shared/adapter/dns"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/senders"
)

var now = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// world is a zone of name servers on this machine, and a claim of a domain in it.
type world struct {
	*stub.Stub
	t     *testing.T
	asker *dns.Asker
	claim *sender.Claim
}

// agency stands behind two name servers.
func agency(t *testing.T, domain sender.Domain) *world {
	t.Helper()
	s, err := stub.Start("127.0.0.1:0", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if err := s.SetZone("agency.com", "@ 300 A 192.0.2.7\n"); err != nil {
		t.Fatal(err)
	}
	env := environment.New(func(name string) string {
		if name == dns.Variable {
			return s.Variable()
		}
		return ""
	})
	c := sender.NewClaim("ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE", "mb_01JZ8Y5W3RN6T0V4K2M9QXBDCE", domain, "", now)
	c.Identity = sender.Identity{Domain: domain, Region: "eu-south-1", Hosted: "dkim.eu-south-1.amazonses.com",
		Tokens: []string{"aaaa", "bbbb", "cccc"}, Version: 1}
	w := &world{Stub: s, t: t, asker: dns.Open(env), claim: c}
	if err := env.Err(); err != nil {
		t.Fatal(err)
	}
	return w
}

// publish publishes the records as change has them: nil for as they are asked for. What it returns "" for is left out.
func (w *world) publish(change func(line string, r sender.Record) string) {
	w.t.Helper()
	for _, r := range sender.Records(w.claim.Wanted()) {
		line := strings.TrimSpace(sender.ZoneFile([]sender.Record{r}))
		if change != nil {
			line = change(line, r)
		}
		if line == "" {
			continue
		}
		if err := w.Publish(line); err != nil {
			w.t.Fatal(err)
		}
	}
}

// add publishes more.
func (w *world) add(lines string) {
	w.t.Helper()
	if err := w.Publish(lines); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) look() (sender.Report, sender.Seen) {
	w.t.Helper()
	r, seen, _ := senders.Look(w.t.Context(), w.asker.Check(), w.claim, now)
	return r, seen
}

// of lists the verdicts of a role.
func of(r sender.Report, role sender.Role) []sender.Verdict {
	return slices.DeleteFunc(slices.Clone(r.Verdicts), func(v sender.Verdict) bool { return v.Record.Role != role })
}

// only changes the lines of a role.
func only(role sender.Role, change func(line string, r sender.Record) string) func(string, sender.Record) string {
	return func(line string, r sender.Record) string {
		if r.Role != role {
			return line
		}
		return change(line, r)
	}
}

func TestSenderE1WhatIsPublishedAsAskedIsRight(t *testing.T) {
	t.Parallel()
	for _, d := range []sender.Domain{"mail.agency.com", "agency.com", "a.b.c.agency.com"} {
		w := agency(t, d)
		w.publish(nil)
		r, seen := w.look()
		for _, v := range r.Verdicts {
			if v.Record.Role != sender.DMARC && v.Light != sender.Right {
				t.Errorf("%s: %s %s is %s: %s", d, v.Record.Type, v.Record.Name, v.Cause, v.Why)
			}
		}
		if !seen.Asked || !seen.Proof || !seen.DKIM || r.Zone != "agency.com" || len(r.NameServers) != 2 {
			t.Errorf("%s: seen %+v in %s of %v", d, seen, r.Zone, r.NameServers)
		}
		if n := len(w.Asked()); n > sender.MaxQuestions {
			t.Errorf("%s: %d questions", d, n)
		}
	}
}

// TestEachMistakeIsRecognized publishes the usual mistakes, and reads what the doctor calls them.
func TestEachMistakeIsRecognized(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		domain sender.Domain
		change func(line string, r sender.Record) string
		more   string
		fail   func(w *world) error
		role   sender.Role
		cause  sender.Cause
		light  sender.Light
		says   string // part of what is found, why and what to do
	}{
		"SenderD1 one of three is missing": {role: sender.DKIM, cause: sender.Missing, light: sender.Waiting,
			change: only(sender.DKIM, func(line string, r sender.Record) string {
				if strings.HasPrefix(r.Name, "cccc") {
					return ""
				}
				return line
			}), says: "cccc._domainkey.mail"},
		"SenderD3 the domain twice": {role: sender.DKIM, cause: sender.DoubledSuffix, light: sender.Wrong,
			change: only(sender.DKIM, func(line string, r sender.Record) string {
				return strings.Replace(line, r.Name+".", r.Name+".agency.com.", 1)
			}), says: "._domainkey.mail as the name"},
		"SenderD4 proxied": {role: sender.DKIM, cause: sender.Proxied, light: sender.Wrong,
			fail: func(w *world) error {
				return w.Fail("aaaa._domainkey.mail.agency.com", stub.Fault{Kind: stub.Proxied})
			}, says: "grey cloud"},
		"SenderD5 TXT in the place of CNAME": {role: sender.DKIM, cause: sender.WrongType, light: sender.Wrong,
			change: only(sender.DKIM, func(_ string, r sender.Record) string { return r.Name + `. 300 IN TXT "` + r.Value + `"` }),
			says:   "must be CNAME"},
		"SenderD6 quotes and capitals": {role: sender.Proof, cause: sender.AsWanted, light: sender.Right,
			change: only(sender.Proof, func(_ string, r sender.Record) string {
				return strings.ToUpper(r.Name) + `. 300 IN TXT "\"` + r.Value + `\""`
			})},
		"SenderD6 the value with the zone behind it": {role: sender.DKIM, cause: sender.DoubledTarget, light: sender.Wrong,
			change: only(sender.DKIM, func(_ string, r sender.Record) string { return r.Name + ". 300 IN CNAME " + r.Value + ".agency.com." }),
			says:   "dot at its end"},
		"SenderD9 two SPF records": {role: sender.SPF, cause: sender.TwoSPF, light: sender.Wrong,
			more: `bounce.mail.agency.com. 300 IN TXT "v=spf1 include:_spf.google.com ~all"`, says: "include:_spf.google.com"},
		"SenderD10 too many lookups": {role: sender.SPF, cause: sender.LookupLimit, light: sender.Wrong,
			change: only(sender.SPF, func(_ string, r sender.Record) string {
				return r.Name + `. 300 IN TXT "v=spf1 a:1.agency.com a:2.agency.com a:3.agency.com a:4.agency.com a:5.agency.com ` +
					`a:6.agency.com a:7.agency.com a:8.agency.com a:9.agency.com a:10.agency.com include:amazonses.com ~all"`
			}), says: "more than 10 lookups"},
		"SenderD11 the name for bounces is occupied": {role: sender.Bounce, cause: sender.Occupied, light: sender.Wrong,
			more: "bounce.mail.agency.com. 300 IN MX 5 mx.google.com.", says: "choose another name"},
		"SenderD12 a CNAME at the name for bounces": {role: sender.Bounce, cause: sender.CNAMEHere, light: sender.Wrong,
			change: func(line string, r sender.Record) string {
				switch r.Role {
				case sender.Bounce:
					return r.Name + ". 300 IN CNAME parking.registrar.net."
				case sender.SPF:
					return ""
				}
				return line
			}, says: "parking.registrar.net"},
		"SenderD13 a wildcard": {role: sender.Bounce, cause: sender.Wildcard, light: sender.Waiting,
			change: func(line string, r sender.Record) string {
				if r.Role == sender.Bounce || r.Role == sender.SPF {
					return ""
				}
				return line
			},
			more: "*.mail.agency.com. 300 IN MX 10 mx.registrar.net.", says: "wildcard"},
		"SenderD14 strict SPF alignment": {role: sender.DMARC, cause: sender.SPFUnaligned, light: sender.Noted,
			more: `_dmarc.mail.agency.com. 300 IN TXT "v=DMARC1; p=reject; aspf=s"`, says: "mail.agency.com"},
		"SenderD15 DMARC is inherited": {role: sender.DMARC, cause: sender.Inherited, light: sender.Right,
			more: `_dmarc.agency.com. 300 IN TXT "v=DMARC1; p=none; sp=quarantine"`, says: "agency.com"},
		"SenderD15 two DMARC records": {role: sender.DMARC, cause: sender.TwoDMARC, light: sender.Wrong,
			more: "_dmarc.agency.com. 300 IN TXT \"v=DMARC1; p=none\"\n_dmarc.agency.com. 300 IN TXT \"v=DMARC1; p=reject\"",
			says: "_dmarc.agency.com"},
		"SenderD16 nothing yet": {role: sender.Proof, cause: sender.Missing, light: sender.Waiting,
			change: func(string, sender.Record) string { return "" }, says: "UTC"},
		"SenderD18 a name server that fails": {role: sender.Proof, cause: sender.CannotAsk, light: sender.Waiting,
			fail: func(w *world) error { return w.Fail("_latchkey.mail.agency.com", stub.Fault{Kind: stub.ServFail}) }, says: "nothing to do"},
		"SenderD19 name servers differ": {role: sender.Proof, cause: sender.Split, light: sender.Wrong,
			fail: func(w *world) error {
				if err := w.Server(1).Delete("_latchkey.mail.agency.com", "TXT"); err != nil {
					return err
				}
				return w.Server(1).Publish(`_latchkey.mail.agency.com. 300 IN TXT "latchkey-verify=0123456789abcdef0123456789abcdef"`)
			}, says: "ns2.agency.com"},
		"SenderD19 one name server is behind": {role: sender.Proof, cause: sender.Split, light: sender.Waiting,
			fail: func(w *world) error { return w.Server(1).Delete("_latchkey.mail.agency.com", "TXT") }, says: "ns2.agency.com"},
		"another agency's token": {role: sender.Proof, cause: sender.OtherValue, light: sender.Wrong,
			change: only(sender.Proof, func(_ string, r sender.Record) string {
				return r.Name + `. 300 IN TXT "latchkey-verify=0123456789abcdef0123456789abcdef"`
			}), says: "latchkey-verify=0123456789abcdef0123456789abcdef"},
		"SenderE5 a loop": {role: sender.Proof, cause: sender.Loop, light: sender.Wrong,
			change: only(sender.Proof, func(_ string, r sender.Record) string { return r.Name + ". 300 IN CNAME other.agency.com." }),
			more:   "other.agency.com. 300 IN CNAME _latchkey.mail.agency.com.", says: "other.agency.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := agency(t, "mail.agency.com")
			w.publish(x.change)
			if x.more != "" {
				w.add(x.more)
			}
			if x.fail != nil {
				if err := x.fail(w); err != nil {
					t.Fatal(err)
				}
			}
			r, _ := w.look()
			all := of(r, x.role)
			i := slices.IndexFunc(all, func(v sender.Verdict) bool { return v.Cause == x.cause })
			if i < 0 {
				t.Fatalf("want %s, and it is %+v", x.cause, all)
			}
			v := all[i]
			if v.Light != x.light {
				t.Errorf("the light is %s, want %s", v.Light, x.light)
			}
			if said := strings.Join([]string{v.Found, v.Why, v.Do, v.Expected}, "\n"); !strings.Contains(said, x.says) {
				t.Errorf("%q is not in\n%s", x.says, said)
			}
			if n := len(w.Asked()); n > sender.MaxQuestions {
				t.Errorf("%d questions", n)
			}
		})
	}
}

func TestSenderE2WithTheServersDownNothingIsSeen(t *testing.T) {
	t.Parallel()
	w := agency(t, "mail.agency.com")
	w.Close()
	r, seen := w.look()
	if seen.Asked || seen.Vanished {
		t.Errorf("seen is %+v", seen)
	}
	for _, v := range r.Verdicts {
		if v.Cause != sender.CannotAsk || v.Light != sender.Waiting {
			t.Errorf("%s is %s and %s", v.Record.Name, v.Cause, v.Light)
		}
	}
}

func TestSenderT3ADelegatedDomainIsProvenInTheZoneAbove(t *testing.T) {
	t.Parallel()
	w := agency(t, "mail.agency.com")
	if err := w.SetZone("mail.agency.com", "@ 300 A 192.0.2.7\n"); err != nil {
		t.Fatal(err)
	}
	w.claim.Tree = sender.Tree{Top: "agency.com", Holds: []sender.Hold{{Domain: "agency.com", Agency: "ag_01JZ8Y5W3RN6T0V4K2M9QXBDCF"}}}
	w.publish(only(sender.Proof, func(line string, r sender.Record) string {
		return strings.Replace(line, "_latchkey.agency.com.", "_latchkey.mail.agency.com.", 1)
	}))
	if _, seen := w.look(); seen.Proof || !seen.DKIM {
		t.Errorf("with the proof below: %+v", seen)
	}
	w.publish(nil)
	if r, seen := w.look(); !seen.Proof || !seen.DKIM {
		t.Errorf("with the proof of the whole: %+v %+v", seen, of(r, sender.Proof))
	}
}

// TestSenderD3EachOfTheRecordsIsRecognized has all of them published with the domain twice, as whoever does it once does it each time.
func TestSenderD3EachOfTheRecordsIsRecognized(t *testing.T) {
	t.Parallel()
	w := agency(t, "mail.agency.com")
	w.publish(func(line string, r sender.Record) string {
		return strings.Replace(line, r.Name+".", r.Name+".agency.com.", 1)
	})
	r, _ := w.look()
	for _, v := range r.Verdicts {
		if v.Record.Role != sender.DMARC && v.Cause != sender.DoubledSuffix {
			t.Errorf("%s %s is %s", v.Record.Type, v.Record.Name, v.Cause)
		}
	}
	if n := len(w.Asked()); n > sender.MaxQuestions {
		t.Errorf("%d questions", n)
	}
}

// TestSenderD19AServerThatIsBehindIsNamedForEachRecord has one of two servers without any of the records.
func TestSenderD19AServerThatIsBehindIsNamedForEachRecord(t *testing.T) {
	t.Parallel()
	w := agency(t, "mail.agency.com")
	w.publish(nil)
	for _, r := range sender.Records(w.claim.Wanted()) {
		if err := w.Server(1).Delete(r.Name, ""); err != nil {
			t.Fatal(err)
		}
	}
	r, _ := w.look()
	named := 0
	for _, v := range r.Verdicts {
		if v.Cause == sender.Missing && v.Record.Role != sender.DMARC {
			t.Errorf("%s %s is missing", v.Record.Type, v.Record.Name)
		}
		if v.Cause == sender.Split && strings.Contains(v.Why, "ns2.agency.com") {
			named++
		}
	}
	if named == 0 {
		t.Errorf("ns2 is not named: %+v", r.Verdicts)
	}
}

// TestSenderD14ARecordOfItsOwnIsAligned has the whole budget spent on records that are elsewhere: what was not asked is not unaligned.
func TestSenderD14ARecordOfItsOwnIsAligned(t *testing.T) {
	t.Parallel()
	w := agency(t, "mail.agency.com")
	w.publish(only(sender.DKIM, func(_ string, r sender.Record) string { return r.Name + `. 300 IN TXT "` + r.Value + `"` }))
	w.add(`_dmarc.mail.agency.com. 300 IN TXT "v=DMARC1; p=none"`)
	r, _ := w.look()
	if v := of(r, sender.DMARC)[0]; v.Cause != sender.AsWanted {
		t.Errorf("DMARC is %s: %s", v.Cause, v.Why)
	}
}

package dynamo

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/sender"
)

func writeClaim(c *sender.Claim, version int) writer {
	w := writer(key(string(c.Agency), domainPrefix+string(c.ID)))
	w.s("name", c.Domain.Shown()) // what the log calls it
	w.s("domain", string(c.Domain))
	w.s("state", string(c.State))
	w.s("reason", string(c.Reason))
	w.t("claimed", c.ClaimedAt)
	w.t("since", c.Since)
	w.t("started", c.StartedAt)
	w.t("next", c.Due)
	w.n("checks", c.Checks)
	w.times("misses", c.Misses)
	w.yes("held", c.Held)
	w.yes("proven", c.Proven)
	w.t("verified", c.VerifiedAt)
	w.t("tested", c.TestedAt)
	w.yes("on", c.On)
	w.t("restarted", c.RestartedAt)
	w.yes("proofOnly", c.ProofOnly)
	w.s("by", string(c.By))
	w.s("token", c.Token)
	w.s("label", c.Label)
	w.s("why", c.Why)
	w.s("zone", c.Zone)
	w.texts("ns", c.NameServers[:min(len(c.NameServers), mostServers)])
	w.yes("noDmarc", c.NoDMARC)
	w.m("report", writeReport(&c.Report))
	links := make([]writer, len(c.Links))
	for n, l := range c.Links {
		m := writer{"hash": bin(l.Hash[:])}
		m.s("id", l.ID)
		m.s("address", string(l.Address))
		m.s("to", l.To)
		m.t("at", l.At)
		m.t("expires", l.ExpiresAt)
		m.t("mail", l.MailAt)
		links[n] = m
	}
	w.l("links", links)
	w.m("test", writeTest(&c.Test))
	if o := c.Own; o != nil {
		w["own"] = &types.AttributeValueMemberM{Value: writeOwn(o)}
	}
	if u := c.Untold; u != nil {
		m := writer{}
		m.s("from", string(u.From))
		m.s("to", string(u.To))
		m.s("reason", string(u.Reason))
		m.t("at", u.At)
		m.yes("restart", u.Restart)
		w["untold"] = &types.AttributeValueMemberM{Value: m}
	}
	w.t("prepare", c.PrepareAt)
	w.t("end", c.EndAt)
	w.yes("cleared", c.Cleared)
	w.yes("top", c.AtTop)
	w.t("peek", c.PeekAt)
	w.yes("admitted", c.Admitted)
	if due := c.DueAt(); !due.IsZero() {
		w["dp"], w["due"] = str(shardOf(string(c.ID))), at(due)
	}
	w["v"] = num(int64(version))
	return w
}

func readClaim(r *reader) (*sender.Claim, error) {
	c := &sender.Claim{Sender: sender.Sender{Domain: sender.Domain(r.s("domain")), State: sender.State(r.s("state")),
		Reason: sender.Reason(r.s("reason")), ClaimedAt: r.time("claimed"), Since: r.time("since"), StartedAt: r.time("started"),
		Due: r.time("next"), Checks: int(r.n("checks")), Misses: r.times("misses"), Held: r.yes("held"), Proven: r.yes("proven"),
		VerifiedAt: r.time("verified"), TestedAt: r.time("tested"), On: r.yes("on"), RestartedAt: r.time("restarted"),
		ProofOnly: r.yes("proofOnly")},
		ID: id.SenderDomain(strings.TrimPrefix(r.s("sk"), domainPrefix)), Agency: id.Agency(r.s("pk")), By: id.Member(r.s("by")),
		Token: r.s("token"), Label: r.s("label"), Why: r.s("why"), Zone: r.s("zone"), NameServers: r.texts("ns"),
		NoDMARC: r.yes("noDmarc"), PrepareAt: r.time("prepare"), EndAt: r.time("end"), Cleared: r.yes("cleared"),
		AtTop: r.yes("top"), PeekAt: r.time("peek"),
		Admitted: r.yes("admitted"), Version: int(r.n("v"))}
	r.within("report", func(m *reader) { c.Report = readReport(m) })
	r.maps("links", func(m *reader) {
		l := sender.RecordsLink{ID: m.s("id"), Address: address(m, "address"), To: m.s("to"), At: m.time("at"),
			ExpiresAt: m.time("expires"), MailAt: m.time("mail")}
		if b := m.b("hash"); len(b) == len(l.Hash) {
			l.Hash = secret.Hash(b)
		} else {
			m.wrong("hash")
		}
		c.Links = append(c.Links, l)
	})
	r.within("test", func(m *reader) {
		c.Test = sender.Test{ID: m.s("id"), At: m.time("at"), By: id.Member(m.s("by")), Outcome: m.s("outcome"), Detail: m.s("detail"),
			EndedAt: m.time("ended"), OwnSMTP: m.yes("own")}
	})
	r.within("own", func(m *reader) {
		c.Own = &sender.OwnServer{Server: mailserver.Server{Host: m.s("host"), Port: m.short("port"),
			Security: mailserver.Security(m.s("security")), User: m.s("user")}, Password: m.s("password"), SetAt: m.time("set"),
			Refusals: int(m.n("refusals")), OffAt: m.time("off"), Why: m.s("why"), TellAt: m.time("tell")}
	})
	r.within("untold", func(m *reader) {
		c.Untold = &sender.Change{From: sender.State(m.s("from")), To: sender.State(m.s("to")), Reason: sender.Reason(m.s("reason")),
			At: m.time("at"), Restart: m.yes("restart")}
	})
	return c, r.err
}

func writeTest(x *sender.Test) writer {
	w := writer{}
	w.s("id", x.ID)
	w.t("at", x.At)
	w.s("by", string(x.By))
	w.s("outcome", x.Outcome)
	w.s("detail", x.Detail)
	w.t("ended", x.EndedAt)
	w.yes("own", x.OwnSMTP)
	return w
}

func writeOwn(o *sender.OwnServer) writer {
	w := writer{}
	w.s("host", o.Host)
	w.n("port", int(o.Port))
	w.s("security", string(o.Security))
	w.s("user", o.User)
	w.s("password", o.Password)
	w.t("set", o.SetAt)
	w.n("refusals", o.Refusals)
	w.t("off", o.OffAt)
	w.t("tell", o.TellAt)
	w.s("why", o.Why)
	return w
}

func writeReport(x *sender.Report) writer {
	w := writer{}
	w.t("at", x.At)
	verdicts := make([]writer, len(x.Verdicts))
	for n, v := range x.Verdicts {
		m := writer{}
		m.s("role", string(v.Record.Role))
		m.s("type", string(v.Record.Type))
		m.s("name", v.Record.Name)
		m.s("short", v.Record.Short)
		m.s("value", v.Record.Value)
		m.n("pref", int(v.Record.Preference))
		m.s("light", string(v.Light))
		m.s("cause", string(v.Cause))
		m.s("expected", v.Expected)
		m.s("found", v.Found)
		m.s("why", v.Why)
		m.s("do", v.Do)
		m.t("until", v.Until)
		verdicts[n] = m
	}
	w.l("verdicts", verdicts)
	w.s("mailboxes", x.Mailboxes)
	w.s("fromSpf", x.FromSPF)
	w.s("zone", x.Zone)
	w.texts("ns", x.NameServers[:min(len(x.NameServers), mostServers)])
	return w
}

func readReport(r *reader) sender.Report {
	x := sender.Report{At: r.time("at"), Mailboxes: r.s("mailboxes"), FromSPF: r.s("fromSpf"), Zone: r.s("zone"),
		NameServers: r.texts("ns")}
	r.maps("verdicts", func(m *reader) {
		x.Verdicts = append(x.Verdicts, sender.Verdict{Record: sender.Record{Role: sender.Role(m.s("role")), Type: sender.Type(m.s("type")),
			Name: m.s("name"), Short: m.s("short"), Value: m.s("value"), Preference: m.short("pref")}, Light: sender.Light(m.s("light")),
			Cause: sender.Cause(m.s("cause")), Expected: m.s("expected"), Found: m.s("found"), Why: m.s("why"), Do: m.s("do"),
			Until: m.time("until")})
	})
	return x
}

// short reads a number of 16 bits.
func (r *reader) short(name string) uint16 {
	n, err := strconv.ParseUint(strconv.FormatInt(r.n(name), 10), 10, 16)
	if err != nil {
		r.wrong(name)
	}
	return uint16(n)
}

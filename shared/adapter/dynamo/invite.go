package dynamo

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/words"
)

func writeInvite(i *invite.Invite) writer {
	w := writer{}
	w.s("id", string(i.ID))
	w.s("payer", string(i.Payer))
	w.s("status", string(i.Status))
	w.s("reason", i.Reason)
	w.s("message", i.Message)
	w.s("agency", i.From.AgencyName)
	w.s("color", i.From.Color)
	w.s("logo", i.From.LogoURL)
	w.s("by", string(i.From.Member))
	w.s("inviter", i.From.Name)
	w.t("created", i.CreatedAt)
	w.t("expires", i.ExpiresAt)
	w.t("ended", i.EndedAt)
	if len(i.Grants) > 0 {
		w["grants"] = writeGrants(i.Grants)
	}
	if i.Contract != nil {
		w.m("contract", writeContract(i.Contract))
	}
	if len(i.Tokens) > 0 {
		l := make([]types.AttributeValue, len(i.Tokens))
		for n := range i.Tokens {
			l[n] = bin(i.Tokens[n][:])
		}
		w["tokens"] = list(l)
	}
	w.times("resends", i.Resends)
	w.t("sendAt", i.SendAt)
	w.s("batch", string(i.Batch))
	w.s("lang", string(i.Language))
	l := make([]types.AttributeValue, len(i.Timeline))
	for n, e := range i.Timeline {
		m := writer{"e": str(string(e.Name)), "t": at(e.At)}
		m.s("d", e.Detail)
		l[n] = &types.AttributeValueMemberM{Value: m}
	}
	w["events"] = list(l)
	m := writer{}
	m.s("job", i.Mail.Job)
	m.s("state", string(i.Mail.State))
	m.n("tries", i.Mail.Tries)
	m.n("fresh", i.Mail.Fresh)
	m.t("next", i.Mail.Next)
	m.t("due", i.Mail.Due)
	m.n("slot", i.Mail.Slot.Index)
	m.t("slotAt", i.Mail.Slot.New)
	m.t("until", i.Mail.Until)
	m.s("around", i.Mail.Around)
	w["mail"] = &types.AttributeValueMemberM{Value: m}
	writeTexts(w, "roles", i.Roles)
	w.s("contact", string(i.Contact))
	w.t("until", i.AccessUntil)
	w.s("rolesBy", string(i.RolesBy))
	w.m("reminders", writeReminding(&i.Reminders))
	return w
}

func readInvite(r *reader) *invite.Invite {
	i := &invite.Invite{ID: id.Invite(r.s("id")), Payer: invite.Payer(r.s("payer")), Status: invite.Status(r.s("status")),
		Reason:  r.s("reason"),
		Message: r.s("message"), From: invite.Sender{AgencyName: r.s("agency"), Color: r.s("color"), LogoURL: r.s("logo"),
			Member: id.Member(r.s("by")), Name: r.s("inviter")},
		CreatedAt: r.time("created"), ExpiresAt: r.time("expires"), EndedAt: r.time("ended"), Grants: readGrants(r, "grants"),
		Resends: r.times("resends"), Roles: readTexts[id.Role](r, "roles"), Contact: id.Contact(r.s("contact")),
		RolesBy: id.Member(r.s("rolesBy")), AccessUntil: r.time("until"), SendAt: r.time("sendAt"), Batch: id.Batch(r.s("batch")),
		Language: words.Language(r.s("lang"))}
	for _, b := range r.blobs("tokens") {
		if len(b) != len(secret.Hash{}) {
			r.wrong("tokens")
			break
		}
		i.Tokens = append(i.Tokens, secret.Hash(b))
	}
	r.within("contract", func(m *reader) { i.Contract = readContract(m) })
	r.within("reminders", func(m *reader) {
		i.Reminders = invite.Reminding{Off: m.yes("off"), Plan: m.times("plan"), Number: int(m.n("number")), Job: m.s("job"),
			Claimed: m.yes("claimed"), Tries: int(m.n("tries")), Fresh: int(m.n("fresh")), Due: m.time("due"), Around: m.s("around")}
	})
	r.maps("events", func(m *reader) {
		i.Timeline = append(i.Timeline, invite.Event{Name: invite.EventName(m.s("e")), At: m.time("t"), Detail: m.s("d")})
	})
	if m, ok := r.item["mail"].(*types.AttributeValueMemberM); ok {
		in := &reader{item: m.Value}
		i.Mail = invite.Mail{Job: in.s("job"), State: invite.MailState(in.s("state")), Tries: int(in.n("tries")), Fresh: int(in.n("fresh")),
			Next: in.time("next"), Due: in.time("due"), Until: in.time("until"), Around: in.s("around"),
			Slot: agency.Slot{Index: int(in.n("slot")), New: in.time("slotAt")}}
		if in.err != nil {
			r.err = in.err
		}
	}
	return i
}

// writeReminding is the state of an invite's reminders; nothing for one that has none.
func writeReminding(x *invite.Reminding) writer {
	w := writer{}
	w.yes("off", x.Off)
	w.times("plan", x.Plan)
	w.n("number", x.Number)
	if x.Job == "" {
		return w
	}
	w.s("job", x.Job)
	w.yes("claimed", x.Claimed)
	w.n("tries", x.Tries)
	w.n("fresh", x.Fresh)
	w.t("due", x.Due)
	w.s("around", x.Around)
	return w
}

func writeGrants(grants []instance.Grant) types.AttributeValue {
	l := make([]types.AttributeValue, len(grants))
	for i, g := range grants {
		l[i] = &types.AttributeValueMemberM{Value: item{"r": str(string(g.Resource)), "a": str(string(g.Access)), "n": str(g.Name)}}
	}
	return list(l)
}

func readGrants(r *reader, name string) []instance.Grant {
	var out []instance.Grant
	r.maps(name, func(m *reader) {
		out = append(out, instance.Grant{Resource: id.Resource(m.s("r")), Access: instance.Access(m.s("a")), Name: m.s("n")})
	})
	return out
}

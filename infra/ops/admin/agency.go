package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
)

// agencyView is an agency as it is answered.
type agencyView struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Plan      string     `json:"plan"`
	State     string     `json:"state"` // live, suspended, halted, closed
	Why       string     `json:"why,omitempty"`
	CreatedAt time.Time  `json:"createdAt,omitzero"`
	ClosedAt  *time.Time `json:"closedAt,omitempty"`
	Members   int        `json:"members"`
	Owners    []string   `json:"owners,omitempty"`
}

func viewOf(a *agency.Agency, why string) agencyView {
	v := agencyView{ID: string(a.ID), Name: a.Name, Plan: string(a.Plan), State: "live", Why: why, CreatedAt: a.CreatedAt}
	switch {
	case !a.ClosedAt.IsZero():
		v.State, v.ClosedAt = "closed", &a.ClosedAt
	case !a.HaltedAt.IsZero():
		v.State = "halted"
	case a.Suspended:
		v.State = "suspended"
	}
	return v
}

func (t *tool) list([]string) error {
	all, err := t.table.Agencies(t.ctx)
	if err != nil {
		return err
	}
	out := []agencyView{}
	for _, x := range all {
		v := viewOf(x.Agency, x.Why)
		v.Members = x.Members
		for _, o := range x.Owners {
			v.Owners = append(v.Owners, string(o))
		}
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b agencyView) int { return strings.Compare(a.ID, b.ID) }) // by age
	return t.answer(out, func(p *printer) {
		p.line("%-29s %-5s %-10s %7s  %-10s %s", "AGENCY", "PLAN", "STATE", "MEMBERS", "SINCE", "NAME")
		for _, v := range out {
			p.line("%-29s %-5s %-10s %7d  %-10s %s", v.ID, v.Plan, v.State, v.Members, v.CreatedAt.Format(time.DateOnly), v.Name)
		}
	})
}

type memberView struct {
	ID, Email, Name, Level string
}

type keyView struct {
	ID, Name, Hint string
	Scopes         []string
	LastUsedAt     *time.Time `json:",omitempty"`
	RevokedAt      *time.Time `json:",omitempty"`
}

type rowView struct {
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"`
	Action  string    `json:"action"`
	Subject string    `json:"subject"`
	Detail  string    `json:"detail,omitempty"`
}

func rowsOf(log []audit.Entry) []rowView {
	out := make([]rowView, 0, len(log))
	for _, e := range log {
		out = append(out, rowView{e.At, e.Actor, string(e.Action), e.Subject, e.Detail})
	}
	return out
}

func printRows(p *printer, rows []rowView) {
	for _, r := range rows {
		p.line("  %s  %-28s %-30s %s %s", r.At.Format(time.RFC3339), r.Action, r.Actor, r.Subject, r.Detail)
	}
}

// newest is how much of the log is shown of an agency.
const newest = 20

func (t *tool) show(args []string) error {
	which, err := agencyID(args[0])
	if err != nil {
		return err
	}
	team, err := t.table.Team(t.ctx, which)
	if err != nil {
		return plain(err)
	}
	why, err := t.table.Why(t.ctx, which)
	if err != nil {
		return err
	}
	keys, err := t.table.APIKeys(t.ctx, which)
	if err != nil {
		return err
	}
	clients, err := t.table.ClientCount(t.ctx, which, 1000)
	if err != nil {
		return err
	}
	log, err := t.table.History(t.ctx, which)
	if err != nil {
		return err
	}
	sending, err := t.sending(which)
	if err != nil {
		return err
	}
	v := struct {
		agencyView
		People  []memberView `json:"people"`
		Keys    []keyView    `json:"keys"`
		Clients int          `json:"clients"` // 1000 stands for that many or more
		Left    int          `json:"invitesLeft"`
		Sent    int          `json:"invitesSent"`
		Sending sendingView  `json:"sending"`
		Log     []rowView    `json:"log"` // the newest, oldest first
	}{agencyView: viewOf(team.Agency, why), Clients: clients, Sending: sending,
		Left: team.Agency.Left(t.now()), Sent: team.Agency.Sends.Total,
		Log: rowsOf(log[max(len(log)-newest, 0):])}
	v.Members = len(team.Members)
	for _, m := range team.Members {
		v.People = append(v.People, memberView{string(m.ID), string(m.Email), m.Name, string(m.Level)})
	}
	for i := range keys {
		k := keyView{ID: string(keys[i].ID), Name: keys[i].Name, Hint: keys[i].Hint}
		for _, s := range keys[i].Scopes {
			k.Scopes = append(k.Scopes, string(s))
		}
		if at := keys[i].LastUsedAt; !at.IsZero() {
			k.LastUsedAt = &at
		}
		if at := keys[i].RevokedAt; !at.IsZero() {
			k.RevokedAt = &at
		}
		v.Keys = append(v.Keys, k)
	}
	return t.answer(v, func(p *printer) {
		p.line("%s  %s", v.ID, v.Name)
		p.line("plan %s, %s%s, since %s", v.Plan, v.State, because(v.Why), v.CreatedAt.Format(time.DateOnly))
		p.line("%d clients; %d invites sent, %d of %d left this hour", v.Clients, v.Sent, v.Left, agency.HourlyInvites)
		p.line("\nPeople")
		for _, m := range v.People {
			p.line("  %s  %-6s %s %s", m.ID, m.Level, m.Email, m.Name)
		}
		p.line("\nAPI keys")
		for _, k := range v.Keys {
			state := "never used"
			if k.LastUsedAt != nil {
				state = "last used " + k.LastUsedAt.Format(time.RFC3339)
			}
			if k.RevokedAt != nil {
				state = "revoked " + k.RevokedAt.Format(time.RFC3339)
			}
			p.line("  %s  …%s  %s (%s), %s", k.ID, k.Hint, k.Name, strings.Join(k.Scopes, " "), state)
		}
		v.Sending.print(p)
		p.line("\nLog, the newest %d rows", len(v.Log))
		printRows(p, v.Log)
	})
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return " (" + why + ")"
}

func (t *tool) plan(args []string) error {
	plan := agency.Plan(args[1])
	if plan != agency.Free && plan != agency.Max {
		return fmt.Errorf("the plans are free and max, not %q", args[1])
	}
	return t.change(args[0], audit.PlanChanged, string(plan), "is on "+string(plan)+" now", func(which id.Agency, row audit.Entry) error {
		return t.table.SetPlan(t.ctx, which, plan, row)
	}, func(a *agency.Agency) string { return "is on " + string(a.Plan) + " already" })
}

func (t *tool) suspend(args []string) error {
	why := strings.Join(args[1:], " ")
	return t.change(args[0], audit.AgencySuspended, "", "is suspended", func(which id.Agency, row audit.Entry) error {
		return t.table.Suspend(t.ctx, which, why, row)
	}, func(*agency.Agency) string { return "is suspended already" })
}

func (t *tool) halt(args []string) error {
	const done = "is halted: within a minute what its clients have bought stops, and their payments rest"
	return t.change(args[0], audit.AgencyHalted, "", done,
		func(which id.Agency, row audit.Entry) error {
			return t.table.Halt(t.ctx, which, row)
		}, func(a *agency.Agency) string {
			if !a.Suspended {
				return "is not suspended: suspend it first"
			}
			return "is halted already"
		})
}

func (t *tool) resume(args []string) error {
	return t.change(args[0], audit.AgencyResumed, "", "goes on", func(which id.Agency, row audit.Entry) error {
		return t.table.Resume(t.ctx, which, row)
	}, func(*agency.Agency) string { return "is not suspended" })
}

// name lets the name that the agency has now stand in From and Subject of its mails, or takes that back. Another name waits again.
func (t *tool) name(args []string) error {
	allowed := args[1] == "allow"
	if !allowed && args[1] != "hold" {
		return fmt.Errorf("a name is allowed or held: name AGENCY allow, or name AGENCY hold, not %q", args[1])
	}
	done, already := "stands in From and Subject", "is allowed already, or changes at this moment"
	if !allowed {
		done, already = "waits for a paid plan again", "was not allowed"
	}
	which, err := agencyID(args[0])
	if err != nil {
		return err
	}
	a, err := t.table.Agency(t.ctx, which)
	if err != nil {
		return plain(err)
	}
	return t.change(args[0], audit.NameDecided, args[1], done, func(which id.Agency, row audit.Entry) error {
		return t.table.AllowName(t.ctx, which, a.Name, allowed, row)
	}, func(*agency.Agency) string { return already })
}

// change does something to an agency, with its row of the log, and says what came of it. already says why there was
// nothing to do.
func (t *tool) change(arg string, action audit.Action, detail, done string, do func(id.Agency, audit.Entry) error,
	already func(*agency.Agency) string) error {
	which, err := agencyID(arg)
	if err != nil {
		return err
	}
	// What fails may have met another change of the same item: a second try tells it from what is so already.
	for try := range 3 {
		now := t.now()
		err = do(which,
			audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: audit.Operator, Action: action, Subject: string(which),
				Detail: detail})
		if !errors.Is(err, conflict.ErrChanged) || try == 2 {
			break
		}
	}
	a, readErr := t.table.Agency(t.ctx, which)
	if readErr != nil {
		return plain(readErr)
	}
	switch {
	case errors.Is(err, conflict.ErrChanged) && !a.ClosedAt.IsZero():
		return fmt.Errorf("%s was deleted by its owner", which)
	case errors.Is(err, conflict.ErrChanged):
		return fmt.Errorf("%s %s", which, already(a))
	case err != nil:
		return plain(err)
	}
	v := viewOf(a, "")
	return t.answer(v, func(p *printer) { p.line("%s  %s %s", v.ID, v.Name, done) })
}

func agencyID(s string) (id.Agency, error) {
	if !id.Valid(id.AgencyPrefix, s) {
		return "", fmt.Errorf("%q is no agency's id; admin list shows them", s)
	}
	return id.Agency(s), nil
}

// plain is an error without the code that programs read.
func plain(err error) error {
	if f := fault.As(err); f != nil {
		return errors.New(f.Message)
	}
	return err
}

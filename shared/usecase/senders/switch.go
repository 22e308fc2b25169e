package senders

import (
	"context"
	"time"

	"github.com/oklog/ulid/v2"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/sender"
)

// TestsPerHour is how many test mails an agency sends, from all of its domains (S4).
const TestsPerHour = 5

// Switch tries a domain, and switches it on and off.
type Switch struct {
	Store Store
	Mail  Queue
	Now   func() time.Time
}

// Test mails the caller from the domain, by the code that sends invitations (T12, S8). What came of it is in the view's Test later.
// Faults: [fault.Unauthenticated], [fault.StepUpRequired]; [fault.Forbidden], [fault.NotFound]; [fault.NotActive] for a
// domain that is not verified, or without a mail server that it needs; [fault.RateLimited].
func (s *Switch) Test(ctx context.Context, caller identity.Caller, which id.SenderDomain) (*View, error) {
	return s.test(ctx, caller, which, false)
}

// TestServer is Test of a domain whose mail goes by the agency's own server; without one it is [fault.NotActive].
func (s *Switch) TestServer(ctx context.Context, caller identity.Caller, which id.SenderDomain) (*View, error) {
	return s.test(ctx, caller, which, true)
}

func (s *Switch) test(ctx context.Context, caller identity.Caller, which id.SenderDomain, own bool) (*View, error) {
	now := s.Now().Truncate(time.Millisecond)
	if err := caller.MayNow(identity.SenderWrite, now); err != nil {
		return nil, err
	}
	counted := false
	mail := ""
	err := conflict.Retry(ctx, func() error {
		c, err := usable(ctx, s.Store, caller.Agency, which)
		if err != nil {
			return err
		}
		if (own || c.ProofOnly) && c.Own == nil {
			return fault.New(fault.NotActive, "sender.no_server")
		}
		if c.State != sender.Verified || !c.Proven {
			return fault.New(fault.NotActive, "sender.not_verified")
		}
		if !counted {
			wait, err := s.Store.Allow(ctx, "sender-test#"+string(caller.Agency), TestsPerHour, time.Hour, now)
			if err != nil {
				return err
			}
			if wait > 0 {
				return limited(fault.New(fault.RateLimited, "sender.tests_used_up", "n", TestsPerHour, "wait", identity.About(wait)),
					wait, "test-mails", TestsPerHour, time.Hour)
			}
			counted = true
		}
		mail = ulid.Make().String()
		c.Test = sender.Test{ID: mail, At: now, By: caller.Member, OwnSMTP: c.ProofOnly}
		return s.Store.Save(ctx, Change{Claim: c, Audit: []audit.Entry{row(now, caller, audit.DomainTested, which, "")}})
	})
	if err != nil {
		return nil, err
	}
	m := job.Mail{Kind: job.Test, Agency: caller.Agency, Member: caller.Member, Item: string(which), Job: mail}
	if err := s.Mail.Send(ctx, m.Encode(), 0); err != nil {
		return nil, err
	}
	return view(ctx, s.Store, caller.Agency, which, now)
}

// Enable has the agency's mail go out from the domain, and from no other. Faults: [fault.Unauthenticated], [fault.StepUpRequired];
// [fault.Forbidden], [fault.NotFound], [fault.PlanRequired]; [fault.NotActive] for a domain that is not verified, or from
// which no test mail was delivered.
func (s *Switch) Enable(ctx context.Context, caller identity.Caller, which id.SenderDomain) (*View, error) {
	return s.turn(ctx, caller, which, true)
}

// Disable has the platform's sender used again. The domain stays verified. Faults: [fault.Unauthenticated], [fault.StepUpRequired];
// [fault.Forbidden], [fault.NotFound].
func (s *Switch) Disable(ctx context.Context, caller identity.Caller, which id.SenderDomain) (*View, error) {
	return s.turn(ctx, caller, which, false)
}

func (s *Switch) turn(ctx context.Context, caller identity.Caller, which id.SenderDomain, on bool) (*View, error) {
	now := s.Now().Truncate(time.Millisecond)
	if err := caller.MayNow(identity.SenderWrite, now); err != nil {
		return nil, err
	}
	var told *sender.News
	err := conflict.Retry(ctx, func() error {
		told = nil
		c, err := s.Store.Claim(ctx, caller.Agency, which)
		if err != nil {
			return err
		}
		a, err := s.Store.Agency(ctx, caller.Agency)
		if err != nil {
			return err
		}
		settings, err := s.Store.Settings(ctx, caller.Agency)
		if err != nil {
			return err
		}
		write := Change{Claim: c, Settings: settings}
		if on {
			if err := may(a); err != nil {
				return err
			}
			if c.ProofOnly && (c.Own == nil || !c.Own.OffAt.IsZero()) {
				return fault.New(fault.NotActive, "sender.no_server")
			}
			if err := c.Enable(); err != nil {
				return err
			}
			if settings.On == which {
				return nil
			}
			if settings.On != "" {
				other, err := s.Store.Claim(ctx, caller.Agency, settings.On)
				if err != nil && !fault.Is(err, fault.NotFound) {
					return err
				}
				if err == nil {
					other.SwitchOff()
					write.Others = append(write.Others, other)
				}
			}
			settings.On = which
			write.Audit = []audit.Entry{row(now, caller, audit.DomainEnabled, which, "")}
		} else {
			if settings.On != which && !c.On {
				return nil
			}
			c.SwitchOff()
			if settings.On == which {
				settings.On = ""
			}
			write.Audit = []audit.Entry{row(now, caller, audit.DomainDisabled, which, "")}
		}
		told = settings.Tells(caller.Member, which, now)
		return s.Store.Save(ctx, write)
	})
	if err != nil {
		return nil, err
	}
	if err := tellChange(ctx, s.Store, s.Mail, caller.Agency, told); err != nil {
		return nil, err
	}
	return view(ctx, s.Store, caller.Agency, which, now)
}

// tellChange has all owners told that somebody changed the sender (T13). What is stored to be told is told by the sweep where this
// comes to nothing. There is nothing to tell where told is nil.
func tellChange(ctx context.Context, store Store, mail Queue, of id.Agency, told *sender.News) error {
	if told == nil {
		return nil
	}
	if err := mail.Send(ctx, job.SenderChanged(of, told.By, told.ID).Encode(), 0); err != nil {
		return err
	}
	return conflict.Retry(ctx, func() error {
		settings, err := store.Settings(ctx, of)
		if err != nil || !settings.Told(*told) {
			return err
		}
		return store.Save(ctx, Change{Settings: settings})
	})
}

// Settings changes what the sender is called.
type Settings struct {
	Store    Store
	Mail     Queue
	Platform string
	Now      func() time.Time
}

// Form is what somebody typed; nil leaves a field as it is, and "" gives it its default.
type Form struct {
	Name, Local, ReplyTo *string
}

// Get reads how the agency's mail goes out. Faults: [fault.Unauthenticated], [fault.Forbidden].
func (s *Settings) Get(ctx context.Context, caller identity.Caller) (*sender.Settings, sender.Outgoing, error) {
	if err := caller.May(identity.AgencyRead); err != nil {
		return nil, sender.Outgoing{}, err
	}
	return outgoing(ctx, s.Store, caller.Agency)
}

// outgoing reads the settings, and what they come to now.
func outgoing(ctx context.Context, store ReadStore, of id.Agency) (*sender.Settings, sender.Outgoing, error) {
	settings, err := store.Settings(ctx, of)
	if err != nil {
		return nil, sender.Outgoing{}, err
	}
	a, err := store.Agency(ctx, of)
	if err != nil {
		return nil, sender.Outgoing{}, err
	}
	var on *sender.Claim
	if settings.On != "" {
		if on, err = store.Claim(ctx, of, settings.On); fault.Is(err, fault.NotFound) {
			on, err = nil, nil
		}
		if err != nil {
			return nil, sender.Outgoing{}, err
		}
	}
	return settings, sender.OutgoingFor(a, settings, on), nil
}

// Check says what is wrong with a form, without writing anything.
func (s *Settings) Check(f Form) error {
	return (&sender.Settings{}).Forms(or(f.Name, ""), or(f.Local, ""), or(f.ReplyTo, ""), s.Platform)
}

// Try is what a form would come to, and writes nothing. Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.Invalid].
func (s *Settings) Try(ctx context.Context, caller identity.Caller, f Form) (*sender.Settings, error) {
	if err := caller.May(identity.AgencyRead); err != nil {
		return nil, err
	}
	settings, err := s.Store.Settings(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	return settings, s.read(settings, f)
}

// read takes a form into the settings.
func (s *Settings) read(settings *sender.Settings, f Form) error {
	return settings.Forms(or(f.Name, settings.Name), or(f.Local, settings.Local), or(f.ReplyTo, string(settings.ReplyTo)), s.Platform)
}

// Update changes them. Faults: [fault.Unauthenticated], [fault.StepUpRequired]; [fault.Forbidden]; [fault.Invalid] in
// name, local and replyTo.
func (s *Settings) Update(ctx context.Context, caller identity.Caller, f Form) (*sender.Settings, sender.Outgoing, error) {
	now := s.Now().Truncate(time.Millisecond)
	if err := caller.MayNow(identity.SenderWrite, now); err != nil {
		return nil, sender.Outgoing{}, err
	}
	var told *sender.News
	err := conflict.Retry(ctx, func() error {
		settings, err := s.Store.Settings(ctx, caller.Agency)
		if err != nil {
			return err
		}
		before := *settings
		if err = s.read(settings, f); err != nil {
			return err
		}
		told = nil
		if before.Name == settings.Name && before.Local == settings.Local && before.ReplyTo == settings.ReplyTo {
			return nil
		}
		entry := row(now, caller, audit.SenderChanged, "", "")
		entry.Subject = string(caller.Agency)
		told = settings.Tells(caller.Member, "", now)
		return s.Store.Save(ctx, Change{Settings: settings, Audit: []audit.Entry{entry}})
	})
	if err != nil {
		return nil, sender.Outgoing{}, err
	}
	if err := tellChange(ctx, s.Store, s.Mail, caller.Agency, told); err != nil {
		return nil, sender.Outgoing{}, err
	}
	return outgoing(ctx, s.Store, caller.Agency)
}

func or(typed *string, stored string) string {
	if typed == nil {
		return stored
	}
	return *typed
}

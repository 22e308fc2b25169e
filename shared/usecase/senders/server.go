package senders

import (
	"context"
	"errors"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/domain/seal"
	"latchkey.dev/shared/domain/sender"
)

// Servers lets an agency send through its own mail server, from a domain that it has proven (T14).
type Servers struct {
	Store Store
	Mail  Queue
	Keys  *seal.Ring // that passwords are sealed with
	Now   func() time.Time
}

// serverFields are the form's fields.
var serverFields = mailserver.Fields{Host: "host", Port: "port", Security: "security", User: "user", Password: "password"}

// Server is what somebody typed. A nil password keeps the one that is stored, which is possible for the same host and port alone (S9).
type Server struct {
	Host     string
	Port     int
	Security mailserver.Security
	User     string
	Password *string
}

// Check says what is wrong with a form, as far as it alone says it.
func (s *Servers) Check(f Server) error {
	_, _, err := parse(f)
	return err
}

// parse reads the form; the password is "" where the stored one is to be kept.
func parse(f Server) (mailserver.Server, string, error) {
	form := mailserver.Form{Host: f.Host, Port: f.Port, Security: f.Security, User: f.User, Password: "kept"}
	if f.Password != nil {
		form.Password = *f.Password
	}
	server, err := mailserver.Parse(serverFields, form)
	if f.Password == nil {
		form.Password = ""
	}
	return server, form.Password, err
}

// Set has the domain's mail go by the agency's own server, and is the other way to send: only the proof is asked for then. What was
// tested has to be tested again. Faults: [fault.Unauthenticated], [fault.StepUpRequired]; [fault.Forbidden],
// [fault.NotFound], [fault.PlanRequired]; [fault.NotActive] for a domain that was given back; [fault.Invalid] in host, port, security,
// user and password.
func (s *Servers) Set(ctx context.Context, caller identity.Caller, which id.SenderDomain, f Server) (*View, error) {
	now := s.Now().Truncate(time.Millisecond)
	if err := caller.MayNow(identity.SenderWrite, now); err != nil {
		return nil, err
	}
	server, password, err := parse(f)
	if err != nil {
		return nil, err
	}
	var told *sender.News
	err = conflict.Retry(ctx, func() error {
		c, err := usable(ctx, s.Store, caller.Agency, which)
		if err != nil {
			return err
		}
		if c.State == sender.Released {
			return fault.New(fault.NotActive, "sender.is_released")
		}
		own := &sender.OwnServer{Server: server, SetAt: now}
		if password == "" {
			if c.Own == nil || c.Own.Address() != server.Address() {
				return fault.InField("password", "smtp.password_again")
			}
			plain, err := s.Keys.Open(c.Own.Password, c.PasswordPlace(c.Own.Server))
			if err != nil {
				return errors.Join(errors.New("senders: a sealed password cannot be opened"), err)
			}
			password = plain
		}
		own.Password = s.Keys.Seal(password, c.PasswordPlace(server))
		c.Own, c.TestedAt, c.Test = own, time.Time{}, sender.Test{}
		change := c.Choose(true, now)
		write := Change{Claim: c, Audit: append([]audit.Entry{row(now, caller, audit.SMTPSet, which, server.Address())},
			changed(change, c, caller.Actor())...)}
		if write.Settings, err = s.off(ctx, c); err != nil {
			return err
		}
		told = write.Settings.Tells(caller.Member, which, now)
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

// off switches the domain off until it was tested again: whoever changes where mail goes must not be the last to know that it does
// not arrive.
func (s *Servers) off(ctx context.Context, c *sender.Claim) (*sender.Settings, error) {
	c.SwitchOff()
	settings, err := s.Store.Settings(ctx, c.Agency)
	if err != nil {
		return nil, err
	}
	if settings.On == c.ID {
		settings.On = ""
	}
	return settings, nil
}

// Remove forgets the server. Mail from the domain goes by the platform's mail service again once its records are right. Faults:
// [fault.Unauthenticated], [fault.StepUpRequired]; [fault.Forbidden], [fault.NotFound].
func (s *Servers) Remove(ctx context.Context, caller identity.Caller, which id.SenderDomain) (*View, error) {
	now := s.Now().Truncate(time.Millisecond)
	if err := caller.MayNow(identity.SenderWrite, now); err != nil {
		return nil, err
	}
	var told *sender.News
	err := conflict.Retry(ctx, func() error {
		told = nil
		c, err := s.Store.Claim(ctx, caller.Agency, which)
		if err != nil || c.Own == nil {
			return err
		}
		c.Own, c.TestedAt, c.Test = nil, time.Time{}, sender.Test{}
		change := c.Choose(false, now)
		write := Change{Claim: c, Audit: append([]audit.Entry{row(now, caller, audit.SMTPRemoved, which, "")},
			changed(change, c, caller.Actor())...)}
		if write.Settings, err = s.off(ctx, c); err != nil {
			return err
		}
		told = write.Settings.Tells(caller.Member, which, now)
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

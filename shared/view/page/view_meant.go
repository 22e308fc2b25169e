package page

import "latchkey.dev/shared/domain/email"

// Meant is the question about an address that looks like a typing error, asked in the form to which it belongs.
type Meant struct{ Typed, Meant MeantAddress }

// MeantAddress is one of the two addresses, with what its button does.
type MeantAddress struct{ Email, Word string }

// Meant is the address that was probably meant in the place of the one that a code was sent to; "" where nothing looks like a
// typing error.
func (v SignIn) Meant() string {
	if !v.AskCode || !v.Fixed {
		return ""
	}
	return string(email.Address(v.Email).Meant())
}

// Meant is the same for an agency that is created.
func (v SignUp) Meant() string {
	if !v.AskCode {
		return ""
	}
	return string(email.Address(v.Email).Meant())
}

// Waiting are the invitations that wait for the address that somebody has signed in with.
type Waiting []WaitingInvitation

package identity

import (
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/id"
)

// OfficeChange is that an account at an agency's own provider signs a member in there from now on, with everything that is written with
// it. It holds while the agency's people and its provider are what it was decided from.
type OfficeChange struct {
	Agency     id.Agency
	Staff      int // [agency.Agency.Staff] as it was read
	Registered int // the version of [agency.SignIn] as it was read
	Member     id.Member
	Account    agency.Account
	Tells      []*Code
	Rows       []AgencyRow
}

// NewOfficeSession makes a session of a member who has just signed in by the agency's own provider: it is good for nothing but that
// agency's office.
func NewOfficeSession(a *agency.Agency, m *agency.Member, from Browser, ip string, proved, now time.Time) (cookie string, s *Session) {
	by := Proof{Way: Provider, Provider: OfAgency(a.ID), Issuer: a.SignIn.Issuer, Bound: a.ID, Device: from.Device, Network: NetworkOf(ip)}
	cookie, s = NewSession(id.UserOf(m.Email), m.Email, []Membership{{Agency: a.ID, Member: m.ID}}, by, now)
	s.ProvedAt = proved
	return cookie, s
}

// TellOwners are mails to all owners of an agency. There are at most [agency.MaxMembers], so that they fit into one transaction.
func TellOwners(people agency.Members, what Tells, told Told, now time.Time, job func() string) []*Code {
	var all []*Code
	for i := range people {
		if m := &people[i]; m.Level == agency.Owner {
			all = append(all, Tell(id.UserOf(m.Email), m.Email, what, told, now, job()))
		}
	}
	return all
}

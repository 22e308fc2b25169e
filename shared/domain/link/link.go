// Package link makes and reads the secret of an invite link: it says where the relationship is kept, so that a link
// is opened with one read, and proves that its holder has the mail.
package link

import (
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/secret"
)

// New makes a secret for the relationship at ref.
func New(agency id.Agency, ref id.Ref) string {
	a, r := id.Bytes(id.AgencyPrefix, string(agency)), ref.Bytes()
	return secret.New(secret.Invite, append(a[:], r[:]...))
}

// Locate reads where to look. It returns [secret.ErrMalformed] for what New did not make; whether the secret opens
// what is there is for [invite.Invite.Opens] to say.
func Locate(token string) (id.Agency, id.Ref, error) {
	loc, err := secret.Locate(secret.Invite, token, 16+id.RefBytes)
	if err != nil {
		return "", "", err
	}
	return id.FromBytes[id.Agency](id.AgencyPrefix, [16]byte(loc[:16])), id.RefFromBytes([id.RefBytes]byte(loc[16:])), nil
}

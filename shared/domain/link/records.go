package link

import (
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/secret"
)

// ForRecords makes a secret that shows the records of a claim.
func ForRecords(agency id.Agency, claim id.SenderDomain) string {
	a, c := id.Bytes(id.AgencyPrefix, string(agency)), id.Bytes(id.DomainPrefix, string(claim))
	return secret.New(secret.Records, append(a[:], c[:]...))
}

// LocateRecords reads where to look for what ForRecords made. It returns [secret.ErrMalformed] for anything else; whether the secret
// opens what is there is for the claim's links to say.
func LocateRecords(token string) (id.Agency, id.SenderDomain, error) {
	const bytes = 16
	loc, err := secret.Locate(secret.Records, token, 2*bytes)
	if err != nil {
		return "", "", err
	}
	return id.FromBytes[id.Agency](id.AgencyPrefix, [bytes]byte(loc[:bytes])),
		id.FromBytes[id.SenderDomain](id.DomainPrefix, [bytes]byte(loc[bytes:])), nil
}

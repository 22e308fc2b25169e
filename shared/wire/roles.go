package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/usecase/roles"
)

// Roles looks after an agency's roles.
func (p *Parts) Roles() *roles.Roles {
	return &roles.Roles{Store: dynamo.NewRoles(p.Table()), Now: p.Now}
}

// Rights says what external users may see and do, and why.
func (p *Parts) Rights() *roles.Rights {
	return &roles.Rights{Store: dynamo.NewRights(p.Table()), Now: p.Now}
}

package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/usecase/clients"
)

// External changes what external users may do.
func (p *Parts) External() *clients.External {
	return &clients.External{Store: dynamo.NewExternal(p.Table()), Now: p.Now}
}

// Users shows an agency its external users.
func (p *Parts) Users() *clients.Users {
	return &clients.Users{Store: dynamo.NewUsers(p.Table()), Now: p.Now}
}

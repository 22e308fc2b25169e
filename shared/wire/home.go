package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/usecase/home"
)

// Desk tells an agency what needs it.
func (p *Parts) Desk() *home.Desk {
	return &home.Desk{Store: dynamo.NewHome(p.Table()), Now: p.Now}
}

// Sandbox shows an agency a client that does not exist.
func (p *Parts) Sandbox() *home.Sandbox {
	return &home.Sandbox{Store: dynamo.NewHome(p.Table()), Now: p.Now}
}

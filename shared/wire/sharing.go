package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/usecase/sharing"
)

// Links looks after links by which people join.
func (p *Parts) Links() *sharing.Links {
	return &sharing.Links{Store: dynamo.NewShareLinks(p.Table()), Now: p.Now}
}

// Joins lets people join by a link.
func (p *Parts) Joins() *sharing.Joins {
	return &sharing.Joins{Store: dynamo.NewJoins(p.Table()), Now: p.Now}
}

// JoinRequests decides on who asks to join.
func (p *Parts) JoinRequests() *sharing.Requests {
	return &sharing.Requests{Store: dynamo.NewJoinRequests(p.Table()), Now: p.Now}
}

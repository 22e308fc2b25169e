package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/portalapp"
)

// PortalApp installs Client Portal, and sets it up.
func (p *Parts) PortalApp() *portalapp.App {
	return &portalapp.App{Store: dynamo.NewPortalApps(p.Table()), Now: p.Now}
}

// Promotions makes external users members.
func (p *Parts) Promotions() *agencies.Promotions {
	return &agencies.Promotions{Store: dynamo.NewPromotions(p.Table()), Queue: p.MailQueue(), Now: p.Now}
}

package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/signin"
)

// SignUps makes agencies.
func (p *Parts) SignUps() *signin.SignUps {
	return &signin.SignUps{Store: dynamo.NewSignUps(p.Table()), Now: p.Now}
}

// Workplaces shows people the agencies that they work at, and lets them choose.
func (p *Parts) Workplaces() *signin.Workplaces {
	return &signin.Workplaces{Store: dynamo.NewWorkplaces(p.Table()), Now: p.Now}
}

// Settings shows an agency to its own people.
func (p *Parts) Settings() *agencies.Settings {
	return &agencies.Settings{Store: dynamo.NewSettings(p.Table()), Now: p.Now}
}

// Branding changes how an agency looks.
func (p *Parts) Branding() *agencies.Branding {
	return &agencies.Branding{Store: dynamo.NewBranding(p.Table()), Now: p.Now}
}

// Logos serves logos.
func (p *Parts) Logos() *agencies.Logos {
	return &agencies.Logos{Store: dynamo.NewLogos(p.Table()), Now: p.Now}
}

// Newcomers adds members.
func (p *Parts) Newcomers() *agencies.Newcomers {
	return &agencies.Newcomers{Store: dynamo.NewNewcomers(p.Table()), Queue: p.MailQueue(), Now: p.Now}
}

// Members changes and removes members.
func (p *Parts) Members() *agencies.Members {
	return &agencies.Members{Store: dynamo.NewMembers(p.Table()), Now: p.Now}
}

// Closing deletes agencies.
func (p *Parts) Closing() *agencies.Closing {
	return &agencies.Closing{Store: dynamo.NewClosings(p.Table()), Checkouts: p.CheckoutCloser(), Now: p.Now}
}

// Notifications lets members choose what they are told.
func (p *Parts) Notifications() *agencies.Notifications {
	return &agencies.Notifications{Store: dynamo.NewNotifications(p.Table()), Now: p.Now}
}

// MailSettings chooses which emails an agency's clients get.
func (p *Parts) MailSettings() *agencies.MailSettings {
	return &agencies.MailSettings{Store: dynamo.NewMailSettings(p.Table()), Now: p.Now}
}

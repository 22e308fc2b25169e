package wire

import (
	"latchkey.dev/shared/adapter/dns"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/usecase/senders"
)

// SenderDirectory shows agencies how their mail goes out.
func (p *Parts) SenderDirectory() *senders.Directory {
	return &senders.Directory{Store: dynamo.NewSenderReads(p.Table()), Now: p.Now}
}

// SenderClaims begins with agencies' domains and gives them back.
func (p *Parts) SenderClaims() *senders.Claims {
	return &senders.Claims{Store: dynamo.NewSenders(p.Table()), Senders: p.SendersQueue(), Identities: p.IdentitiesQueue(),
		Platform: p.String("PLATFORM_NAME"), Ours: senders.Ours(p.Origin(), p.String("MAIL_FROM")), Now: p.Now}
}

// doctor looks at the records of agencies' domains.
func (p *Parts) doctor() *senders.Doctor {
	asker := dns.Open(p.Environment)
	return &senders.Doctor{Store: dynamo.NewSenders(p.Table()), DNS: func() senders.Asking { return asker.Check() },
		Identities: p.IdentitiesQueue(), Now: p.Now}
}

// SenderDoctor looks at the records of agencies' domains for people who watch.
func (p *Parts) SenderDoctor() *senders.Watched {
	return &senders.Watched{Doctor: p.doctor(), Senders: p.SendersQueue()}
}

// SenderChecker looks at the domains whose time has come.
func (p *Parts) SenderChecker() *senders.Checker {
	return &senders.Checker{Doctor: p.doctor(), Work: dynamo.NewSenderWork(p.Table()), Mail: p.MailQueue(), Region: p.AWS("sesv2").Region}
}

// SenderSwitch tries agencies' domains, and switches them on and off.
func (p *Parts) SenderSwitch() *senders.Switch {
	return &senders.Switch{Store: dynamo.NewSenders(p.Table()), Mail: p.MailQueue(), Now: p.Now}
}

// SenderSettings changes what senders are called.
func (p *Parts) SenderSettings() *senders.Settings {
	return &senders.Settings{Store: dynamo.NewSenders(p.Table()), Mail: p.MailQueue(), Platform: p.String("PLATFORM_NAME"), Now: p.Now}
}

// SenderServers lets agencies send through their own mail servers.
func (p *Parts) SenderServers() *senders.Servers {
	return &senders.Servers{Store: dynamo.NewSenders(p.Table()), Mail: p.MailQueue(), Keys: ssm.Ring(p.Environment, "SEAL_PARAMETER"),
		Now: p.Now}
}

// SenderRecords hands the records of agencies' domains to whoever runs their DNS.
func (p *Parts) SenderRecords() *senders.Records {
	return &senders.Records{Store: dynamo.NewSenders(p.Table()), Mail: p.MailQueue(), Now: p.Now}
}

// SenderLinks opens links to records.
func (p *Parts) SenderLinks() *senders.Links {
	return &senders.Links{Store: dynamo.NewSenderReads(p.Table()), Now: p.Now}
}

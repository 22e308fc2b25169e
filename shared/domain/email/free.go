package email

import "strings"

// free are mail hosts at which anybody may have an address, beside the hosts that are listed by name. Nobody who sends for a
// business owns their domains.
const free = ` 126.com 139.com 163.com abv.bg aim.com alice.it att.net bellsouth.net bigpond.com bk.ru bluewin.ch btinternet.com
centrum.cz charter.net cox.net daum.net duck.com earthlink.net email.com email.cz email.de foxmail.com free.fr freemail.hu freenet.de
googlemail.com gmx.li hanmail.net hey.com hushmail.com iinet.net.au inbox.lv inbox.ru interia.pl internode.on.net juno.com kakao.com
keemail.me kolabnow.com laposte.net libero.it list.ru live.ca live.cn live.co.uk live.com live.com.au live.de live.fr live.it live.nl
live.se mac.com mail.com mail.de mail.ee mail.ru mailbox.org mailfence.com mailinator.com me.com naver.com netzero.net ntlworld.com
o2.pl onet.pl online.de op.pl optonline.net optusnet.com.au orange.fr passport.com pm.me pobox.com posteo.de posteo.net proton.me qq.com
rambler.ru rediffmail.com riseup.net rocketmail.com sapo.pt sbcglobal.net seznam.cz sfr.fr shaw.ca sina.com skynet.be sky.com sohu.com
startmail.com sympatico.ca talktalk.net telenet.be telia.com terra.com.br tin.it tiscali.it tuta.com tuta.io tutamail.com tutanota.com
tutanota.de ukr.net uol.com.br usa.com verizon.net virgilio.it virginmedia.com wanadoo.fr web.de windowslive.com wp.pl xs4all.nl xtra.co.nz
ya.ru yandex.com yandex.ru yeah.net ymail.com ziggo.nl zoho.com zohomail.com `

// Free tells whether the domain, as A-labels, is a mail host's at which anybody may have an address, or is below one.
func Free(domain string) bool {
	fields := strings.Fields(free)
	for domain != "" {
		for _, h := range hosts {
			if under, ok := strings.CutPrefix(domain, h.name+"."); ok {
				for _, u := range h.under {
					if u == under {
						return true
					}
				}
			}
		}
		for _, f := range fields {
			if f == domain {
				return true
			}
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return false
}

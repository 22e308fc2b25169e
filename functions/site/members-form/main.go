// Command members-form adds, changes or removes a member.
package main

import (
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/office"
	"latchkey.dev/shared/signin"
	"latchkey.dev/shared/sqs"
	"latchkey.dev/shared/web"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		mail := sqs.Open(env.AWS("sqs"), env.String("MAIL_QUEUE_URL"))
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		o := &office.Office{Store: table, Queue: mail, Now: env.Now}
		site := web.New(env.String("PLATFORM_NAME"), env.Origin("ORIGIN"), env.Now)
		return web.MembersForm(site, door, o).Function(), nil
	})
}

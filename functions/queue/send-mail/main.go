// Command send-mail sends the mails that are asked for.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/mx"
	"latchkey.dev/shared/adapter/ses"
	"latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/usecase/delivery"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		key := ssm.Secret(env, "SECRET_PARAMETER")
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		mail := sqs.Open(env.AWS("sqs"), env.String("MAIL_QUEUE_URL"))
		mailer := ses.Open(env.AWS("sesv2"), env.String("CONFIGURATION_SET"))
		worker := &delivery.Worker{Store: table, Mailer: mailer, Domains: mx.Open(env), Queue: mail, Key: key, Now: env.Now,
			Origin: env.Origin("ORIGIN"), Platform: env.String("PLATFORM_NAME"), From: env.String("MAIL_FROM")}
		return event.Queue("sendMail", event.Body(worker.Handle)), nil
	})
}

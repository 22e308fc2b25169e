// Command request-sign-in-code asks for a sign-in code to be mailed.
package main

import (
	"latchkey.dev/shared/api"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/signin"
	"latchkey.dev/shared/sqs"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		mail := sqs.Open(env.AWS("sqs"), env.String("MAIL_QUEUE_URL"))
		codes := &signin.Codes{Store: table, Queue: mail, Now: env.Now}
		return api.RequestSignInCode(codes).Function(env.Origin("ORIGIN")), nil
	})
}

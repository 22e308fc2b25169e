// Command request-sign-in-code asks for a sign-in code to be mailed.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/usecase/signin"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		mail := sqs.Open(env.AWS("sqs"), env.String("MAIL_QUEUE_URL"))
		codes := &signin.Codes{Store: table, Queue: mail, Now: env.Now}
		return api.RequestSignInCode(codes).Function(env.Origin("ORIGIN")), nil
	})
}

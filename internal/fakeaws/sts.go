package fakeaws

func stsOperations() map[string]operation {
	return map[string]operation{"GetCallerIdentity": serving((*request).getCallerIdentity)}
}

type getCallerIdentityInput struct{}

type getCallerIdentityOutput struct {
	ARN     string `xml:"Arn"`
	UserID  string `xml:"UserId"`
	Account string `xml:"Account"`
}

func (r *request) getCallerIdentity(*getCallerIdentityInput) (*getCallerIdentityOutput, *Error) {
	return &getCallerIdentityOutput{ARN: r.userARN(), UserID: "AIDASANDBOX000000000", Account: r.cfg.Account}, nil
}

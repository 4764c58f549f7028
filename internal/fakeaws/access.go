package fakeaws

// access says which access keys have expired and which actions are denied.
type access struct {
	expired map[string]bool
	denied  map[string]map[string]bool // by key, then by "service:Action"
}

func newAccess() access {
	return access{expired: map[string]bool{}, denied: map[string]map[string]bool{}}
}

// Expire makes every call with an access key fail as with expired credentials,
// until Renew. Each service has its own error code for it: ExpiredToken
// (Auto Scaling, STS), RequestExpired (EC2), ExpiredTokenException (SSM).
func (c *Cloud) Expire(accessKey string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.access.expired[accessKey] = true
}

// Renew undoes Expire. A key that has not expired stays as it is.
func (c *Cloud) Renew(accessKey string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.access.expired, accessKey)
}

// Deny denies an action to an access key until Allow. The action is IAM's
// name for it, "autoscaling:SetDesiredCapacity". The refusal is
// UnauthorizedOperation in EC2, AccessDenied in Auto Scaling and
// AccessDeniedException in SSM; sts:GetCallerIdentity cannot be denied.
func (c *Cloud) Deny(accessKey, action string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.access.denied[accessKey] == nil {
		c.access.denied[accessKey] = map[string]bool{}
	}
	c.access.denied[accessKey][action] = true
}

// Allow undoes Deny. A permission that was not denied stays as it is.
func (c *Cloud) Allow(accessKey, action string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.access.denied[accessKey], action)
}

// userARN is the identity behind every access key: they all belong to one user.
func (c *Cloud) userARN() string {
	return "arn:aws:iam::" + c.cfg.Account + ":user/sandbox"
}

// check refuses a call whose key has expired or lacks the permission.
func (c *Cloud) check(service service, accessKey, action string) *Error {
	if c.access.expired[accessKey] {
		return service.expired()
	}
	permission := service.name + ":" + action
	if c.access.denied[accessKey][permission] && permission != "sts:GetCallerIdentity" {
		return service.denied(c.userARN(), permission)
	}
	return nil
}

package fakeaws

import (
	"strconv"
	"strings"
	"time"
)

// The data types of parameters. EC2 takes an image only from one of the second kind, or from a public
// parameter (below /aws/service/), most of which are text.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-ec2-aliases.html
const (
	dataText  = "text"
	dataImage = "aws:ec2:image"
)

// storedParameter is a parameter of the account.
type storedParameter struct {
	name, kind, dataType string
	versions             []storedVersion // version 1 first
	labels               map[string]int
}

type storedVersion struct {
	value    string
	modified time.Time
}

// parameter returns the parameter of a name, as GetParameters finds it: NAME, NAME:VERSION, NAME:LABEL,
// each also with the ARN in place of the name. False if there is none.
func (c *Cloud) parameter(asked string) (parameterJSON, bool) {
	name, selector := splitSelector(asked)
	for _, name := range namesMeant(name) {
		if stored := c.stored[name]; stored != nil {
			return c.storedJSON(stored, selector)
		}
		if value, known := c.published()[name]; known && selector == "" {
			return parameterJSON{
				ARN: c.parameterARN("", name), DataType: dataText, LastModifiedDate: float64(c.newestImage().Unix()),
				Name: name, Type: "String", Value: value, Version: 1,
			}, true
		}
	}
	return parameterJSON{}, false
}

func (c *Cloud) storedJSON(p *storedParameter, selector string) (parameterJSON, bool) {
	number := len(p.versions)
	if selector != "" {
		n, err := strconv.Atoi(selector)
		if err != nil {
			n = p.labels[selector]
		}
		number = n
	}
	if number < 1 || number > len(p.versions) {
		return parameterJSON{}, false
	}
	v := p.versions[number-1]
	out := parameterJSON{
		ARN: c.parameterARN(c.cfg.Account, p.name), DataType: p.dataType, LastModifiedDate: float64(v.modified.Unix()),
		Name: p.name, Type: p.kind, Value: v.value, Version: number,
	}
	if selector != "" {
		out.Selector = ":" + selector
	}
	return out, true
}

// splitSelector splits NAME:SELECTOR. An ARN has colons of its own.
func splitSelector(asked string) (name, selector string) {
	prefix := ""
	if at := strings.Index(asked, ":parameter/"); strings.HasPrefix(asked, "arn:") && at > 0 {
		prefix, asked = asked[:at+1], asked[at+1:]
	}
	name, selector, _ = strings.Cut(asked, ":")
	return prefix + name, selector
}

// namesMeant are the names that a name or an ARN may mean: an ARN does not say whether the name begins
// with a slash.
func namesMeant(name string) []string {
	if !strings.HasPrefix(name, "arn:") {
		return []string{name}
	}
	_, path, _ := strings.Cut(name, ":parameter/")
	return []string{"/" + path, path}
}

// parameterNamed is the ARN of a parameter, without its version or label. Public ones belong to no account.
func (c *Cloud) parameterNamed(asked string) string {
	name, _ := splitSelector(asked)
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	account := c.cfg.Account
	if strings.HasPrefix(name, publicParameters) {
		account = ""
	}
	return c.parameterARN(account, name)
}

// publicParameters begins the names of AWS's own parameters.
const publicParameters = "/aws/service/"

func (c *Cloud) parameterARN(account, name string) string {
	return "arn:" + c.partition() + ":ssm:" + c.cfg.Region + ":" + account + ":parameter/" + strings.TrimPrefix(name, "/")
}

// PutImageParameter stores the next version of a parameter of data type aws:ec2:image, such as
// /golden/image. An image that does not exist is not stored, as with SSM.
func (c *Cloud) PutImageParameter(name, imageID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.store(name, "String", dataImage, imageID, c.cfg.Clock())
}

// DeleteParameter removes a parameter of the account. One that is not there is no error.
func (c *Cloud) DeleteParameter(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.stored, name)
}

// store adds a version and returns its number. A value of type aws:ec2:image is looked at later, and one
// that names no image is given up without an answer ("Systems Manager does not create the parameter
// immediately. It instead performs an asynchronous validation operation", parameter-store-ec2-aliases).
func (c *Cloud) store(name, kind, dataType, value string, now time.Time) int {
	p := c.stored[name]
	if dataType == dataImage && c.image(value) == nil {
		if p == nil {
			return 1
		}
		return len(p.versions) + 1
	}
	if p == nil {
		p = &storedParameter{name: name, kind: kind, dataType: dataType, labels: map[string]int{}}
		c.stored[name] = p
	}
	p.versions = append(p.versions, storedVersion{value, now})
	return len(p.versions)
}

// published are the public parameters, by name.
func (c *Cloud) published() map[string]string {
	all := map[string]string{}
	for _, image := range c.images { // from old to new, so that the newest remains
		if of := image.published; of != nil {
			of.put(all, of.each)
			of.put(all, of.newest)
		}
	}
	return all
}

// put adds an image's parameters below a path.
func (p *publication) put(all map[string]string, path string) {
	if path == "" {
		return
	}
	for _, member := range p.members {
		all[path+member[0]] = member[1]
	}
}

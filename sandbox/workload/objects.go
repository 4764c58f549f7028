package workload

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// manifests reads every object of every file and applies the variant to it.
func manifests(workload string) ([]*unstructured.Unstructured, error) {
	names, err := fs.Glob(sample, "sample/*.yaml")
	if err != nil {
		return nil, err
	}
	var all []*unstructured.Unstructured
	for _, name := range names {
		text, err := sample.ReadFile(name)
		if err != nil {
			return nil, err
		}
		decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
		for {
			o := &unstructured.Unstructured{}
			err := decoder.Decode(&o.Object)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			variant(workload, o)
			all = append(all, o)
		}
	}
	return all, nil
}

// binder returns a function that finds the client for an object.
func binder(conf *rest.Config) (func(*unstructured.Unstructured) (object, error), error) {
	client, err := dynamic.NewForConfig(conf)
	if err != nil {
		return nil, err
	}
	discover, err := discovery.NewDiscoveryClientForConfig(conf)
	if err != nil {
		return nil, err
	}
	known, err := restmapper.GetAPIGroupResources(discover)
	if err != nil {
		return nil, err
	}
	mapper := restmapper.NewDiscoveryRESTMapper(known)
	return func(manifest *unstructured.Unstructured) (object, error) {
		kind := manifest.GroupVersionKind()
		mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if err != nil {
			return object{manifest: manifest}, err
		}
		return object{client.Resource(mapping.Resource).Namespace(manifest.GetNamespace()), manifest}, nil
	}, nil
}

package simulation

import (
	"reflect"
	"time"
)

// deepCopy returns a copy that shares nothing with the original, so that whoever
// reads a record cannot change the saved one.
func deepCopy[T any](value T) T {
	detach(reflect.ValueOf(&value).Elem())
	return value
}

// detach replaces everything that a value refers to by a copy.
func detach(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			to := reflect.New(v.Type().Elem())
			to.Elem().Set(v.Elem())
			detach(to.Elem())
			v.Set(to)
		}
	case reflect.Slice:
		if !v.IsNil() {
			to := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(to, v)
			for i := range to.Len() {
				detach(to.Index(i))
			}
			v.Set(to)
		}
	case reflect.Map:
		detachMap(v)
	case reflect.Struct:
		detachFields(v)
	}
}

func detachMap(v reflect.Value) {
	if v.IsNil() {
		return
	}
	to := reflect.MakeMapWithSize(v.Type(), v.Len())
	for _, key := range v.MapKeys() {
		value := reflect.New(v.Type().Elem()).Elem()
		value.Set(v.MapIndex(key))
		detach(value)
		to.SetMapIndex(key, value)
	}
	v.Set(to)
}

// detachFields does not look into a time.Time, which is a value.
func detachFields(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		return
	}
	for i := range v.NumField() {
		detach(v.Field(i))
	}
}

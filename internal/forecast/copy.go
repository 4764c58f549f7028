package forecast

import (
	"reflect"
	"time"
)

// deepCopy returns a value that shares nothing with the original, so that a
// reader of a record cannot change what is kept.
func deepCopy[T any](value T) T {
	return copyValue(reflect.ValueOf(&value).Elem()).Interface().(T)
}

func copyValue(from reflect.Value) reflect.Value {
	to := reflect.New(from.Type()).Elem()
	to.Set(from)
	switch from.Kind() {
	case reflect.Pointer:
		if !from.IsNil() {
			to.Set(reflect.New(from.Type().Elem()))
			to.Elem().Set(copyValue(from.Elem()))
		}
	case reflect.Slice:
		if !from.IsNil() {
			to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
			for i := range from.Len() {
				to.Index(i).Set(copyValue(from.Index(i)))
			}
		}
	case reflect.Map:
		copyMap(from, to)
	case reflect.Struct:
		copyFields(from, to)
	}
	return to
}

func copyMap(from, to reflect.Value) {
	if from.IsNil() {
		return
	}
	to.Set(reflect.MakeMapWithSize(from.Type(), from.Len()))
	for _, key := range from.MapKeys() {
		to.SetMapIndex(key, copyValue(from.MapIndex(key)))
	}
}

// copyFields copies the fields that hold something shared. A time is a value,
// whatever it is made of.
func copyFields(from, to reflect.Value) {
	if from.Type() == reflect.TypeFor[time.Time]() {
		return
	}
	for i := range from.NumField() {
		switch from.Field(i).Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Struct:
			to.Field(i).Set(copyValue(from.Field(i)))
		}
	}
}

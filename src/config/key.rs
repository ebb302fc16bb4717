//! How a key is declared: name, type, default, form, example and help, in one entry.
//!
//! `keys!` declares the keys of a section together with the struct that they fill. Its default values, the JSON Schema,
//! docs/configuration.md and everything that reading checks are made from the entries. A key has its setter inside, so
//! one that nothing reads cannot be written. [`Map`] is for sections that fill something other than a struct.
//!
//! This module knows neither YAML nor any key: it lies below everything else in the configuration.

pub mod form;
pub mod listen;
pub mod spans;
pub mod written;

pub use form::{About, Names, Scalar, Served, Shape, Unserved, ValueForm};
pub use listen::Listen;
pub use written::{At, Settings, What, WrittenValue};

/// Declares a section: a struct, and a key for each of its fields.
///
/// ```text
/// keys! {
///     /// What the struct is.
///     pub struct Owner {
///         /// What the key does: its documentation, for people and for the schema.
///         attest_every: i64 = 90 * DAY, form::duration(), "90d";
///         name: String, form::name(), "payments-ops", .required();
///     }
/// }
/// ```
///
/// An entry is `field: type = default, form, "example", .modifier();`. The default of the type is used when none is
/// given, sections have no example, and the modifiers are the methods of [`DeclaredKey`]. `field as "name"` gives the key
/// another name. `with { field: type = default; }` adds fields that no key fills. `Owner::keys()` is the form of the
/// section.
macro_rules! keys {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $(
                $(#[doc = $help:literal])+
                $field:ident $(as $key:literal)?: $type:ty $(= $default:expr)?, $form:expr $(, $example:literal)?
                $(, .$modifier:ident($($argument:tt)*))*;
            )+
            $(with { $($(#[$note:meta])* $other:ident: $kind:ty = $value:expr;)+ })?
        }
    ) => {
        $(#[$meta])*
        pub struct $name {
            $($(#[doc = $help])+ pub $field: $type,)+
            $($($(#[$note])* pub $other: $kind,)+)?
        }

        impl Default for $name {
            fn default() -> $name {
                $name {
                    $($field: $crate::config::key::keys!(@default $($default)?),)+
                    $($($other: $value,)+)?
                }
            }
        }

        impl $name {
            /// The keys of the section.
            pub fn keys() -> $crate::config::key::ValueForm<$name> {
                let mut keys = $crate::config::key::Map::<$name>::new();
                $(
                    let name = $crate::config::key::keys!(@name $field $($key)?);
                    let help = concat!($($help),+).trim_start();
                    keys.key(name, $form, concat!($($example)?), help, |into| &mut into.$field)
                        $(.$modifier($($argument)*))*;
                )+
                keys.into_form()
            }
        }
    };
    (@default) => { Default::default() };
    (@default $default:expr) => { $default };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $key:literal) => { $key };
}
pub(crate) use keys;

/// The keys of a map that fills a `T`. A key that is absent leaves its field as `T::default()` has it.
pub struct Map<T> {
    keys: Vec<DeclaredKey<T>>,
}

/// One key of a map that fills a `T`.
pub struct DeclaredKey<T> {
    about: About,
    fill: Fill<T>,
}

struct Fill<T> {
    name: &'static str,
    set: Set<T>,
    unless_set: Option<fn(&mut T)>,
}

type Set<T> = Box<dyn Fn(&mut T, &What) + Send + Sync>;

/// A field that a key can fill: of the key's own type, or an `Option` of it.
pub trait Field<V> {
    fn put(&mut self, value: V);
    /// Its value, when it has one.
    fn value(&self) -> Option<&V>;
}

impl<V> Field<V> for V {
    fn put(&mut self, value: V) {
        *self = value;
    }
    fn value(&self) -> Option<&V> {
        Some(self)
    }
}

impl<V> Field<V> for Option<V> {
    fn put(&mut self, value: V) {
        *self = Some(value);
    }
    fn value(&self) -> Option<&V> {
        self.as_ref()
    }
}

impl<T: Default + 'static> Map<T> {
    #[expect(clippy::new_without_default, reason = "it is always filled right away")]
    pub fn new() -> Map<T> {
        Map { keys: Vec::new() }
    }

    /// Declares a key, and the field of `T` that it fills.
    pub fn key<V: 'static, F: Field<V>>(
        &mut self,
        name: &'static str,
        form: ValueForm<V>,
        example: &'static str,
        help: &'static str,
        field: impl Fn(&mut T) -> &mut F + Send + Sync + 'static,
    ) -> &mut DeclaredKey<T> {
        let ValueForm { shape, read, default } = form;
        let default = <F as Field<V>>::value(field(&mut T::default())).and_then(default);
        let set = move |into: &mut T, what: &What| {
            if let Some(value) = read(what) {
                <F as Field<V>>::put(field(into), value);
            }
        };
        self.push(About { name, shape, required: false, default, example, help, served: Served::Yes }, Box::new(set))
    }

    /// Declares a map, a table or a list of maps: a key whose entries have examples of their own.
    pub fn section<V: 'static, F: Field<V>>(
        &mut self,
        name: &'static str,
        form: ValueForm<V>,
        help: &'static str,
        field: impl Fn(&mut T) -> &mut F + Send + Sync + 'static,
    ) -> &mut DeclaredKey<T> {
        self.key(name, form, "", help, field)
    }

    /// A key of somebody else's format that is checked, and that day90 does nothing with.
    pub fn accept<V>(&mut self, name: &'static str, form: ValueForm<V>) {
        let about = About {
            name,
            shape: form.shape,
            required: false,
            default: None,
            example: "",
            help: "",
            served: Served::Yes,
        };
        self.push(about, Box::new(|_, _| ()));
    }

    fn push(&mut self, about: About, set: Set<T>) -> &mut DeclaredKey<T> {
        let fill = Fill { name: about.name, set, unless_set: None };
        self.keys.push(DeclaredKey { about, fill });
        self.keys.last_mut().expect("just pushed")
    }

    /// The form of a map with these keys, to declare it as a key of another.
    pub fn into_form(self) -> ValueForm<T> {
        let (abouts, fills): (Vec<About>, Vec<Fill<T>>) =
            self.keys.into_iter().map(|key| (key.about, key.fill)).unzip();
        let read = move |what: &What| match what {
            What::Map(settings) => Some(fill(&fills, settings)),
            _ => None,
        };
        ValueForm { shape: Shape::Map(abouts), read: Box::new(read), default: |_| None }
    }
}

fn fill<T: Default>(fills: &[Fill<T>], settings: &Settings) -> T {
    let mut into = T::default();
    for fill in fills {
        if let Some(value) = settings.get(fill.name) {
            (fill.set)(&mut into, &value.what);
        }
    }
    for fill in fills.iter().filter(|fill| !settings.has(fill.name)) {
        if let Some(adjust) = fill.unless_set {
            adjust(&mut into);
        }
    }
    into
}

impl<T> DeclaredKey<T> {
    /// A map without this key is a mistake.
    pub fn required(&mut self) -> &mut DeclaredKey<T> {
        self.about.required = true;
        self.about.default = None;
        self
    }

    /// What readers of the field take its absence for, where the field itself stays empty.
    pub fn absent_means(&mut self, value: impl Scalar) -> &mut DeclaredKey<T> {
        self.about.default = Some(value.give());
        self
    }

    /// A default that depends on other keys: called after those of this map are read, when this one isn't set.
    pub fn unless_set(&mut self, adjust: fn(&mut T)) -> &mut DeclaredKey<T> {
        self.fill.unless_set = Some(adjust);
        self
    }

    /// This version doesn't do what the key asks for.
    pub fn not_served(&mut self, why: Served) -> &mut DeclaredKey<T> {
        self.about.served = why;
        self
    }
}

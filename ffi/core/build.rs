//! The library stays where it is once a process has loaded it: threads that verify a log may end a moment after whoever
//! loaded it has let go, and code that is gone by then is a crash.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}

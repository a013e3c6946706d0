//! Has the server built again when what it carries has changed: the browser bundle, and the migrations.

fn main() -> std::io::Result<()> {
    // A folder that is missing can't be watched, and a bundle that came later would never be carried.
    std::fs::create_dir_all("../target/site")?;
    println!("cargo:rerun-if-changed=../target/site");
    println!("cargo:rerun-if-changed=../migrations");
    Ok(())
}

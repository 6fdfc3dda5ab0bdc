#[test]
fn scratch() {
    for path in std::env::var("FILES").unwrap().split_whitespace() {
        let bytes = std::fs::read(path).unwrap();
        let t = std::time::Instant::now();
        let got = edgekeep::extract::extract(path, &bytes, 400_000);
        let t = t.elapsed();
        match got {
            Ok(e) => { println!("== {path} {} bytes {} chars {:?}", bytes.len(), e.text.chars().count(), t); std::fs::write(format!("{path}.out"), e.text).unwrap(); }
            Err(e) => println!("== {path} {} bytes {:?} {:?}", bytes.len(), e, t),
        }
    }
}

//! What the seal of a head authenticates.

use super::*;

/// A head is sealed whole, and for one version of its record. A head that is not genuine is not exported.
#[test]
fn each_field_of_a_head_is_authenticated() {
    let trail = Trail::of(&[1, 1]);
    let (keys, version) = (keys(1), trail.version.expect("a record"));
    let (count, nonce) = (version.count(), version.nonce());
    let genuine = trail.head.expect("a head");
    assert!(exported(&keys, &KEY, version, &genuine).is_some());
    let text = genuine.to_string();
    let parts: Vec<&str> = text.split('.').collect();
    let altered = (0..parts.len()).map(|place| {
        let mut altered = parts.clone();
        let last = if parts[place].ends_with('1') { "0" } else { "1" };
        let other = format!("{}{last}", &parts[place][..parts[place].len() - 1]);
        altered[place] = &other;
        let head = serde_json::from_value(altered.join(".").into());
        (head.expect("a head"), version)
    });
    let others = [Version::new(count + 1, nonce), Version::new(count, nonce ^ 1)];
    for (head, version) in altered.chain(others.map(|version| (genuine, version))) {
        let forged = Trail { head: Some(head), version: Some(version), ..trail.clone() };
        assert_eq!(forged.findings(), [TrailFinding::HeadChanged], "{head}, {version:?}");
        assert_eq!(exported(&keys, &KEY, version, &head), None, "{head}, {version:?}");
    }
}

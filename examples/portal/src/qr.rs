//! A QR code as an SVG path. It is drawn here: a service that draws it would learn the secret in it.

use qrcodegen::{QrCode, QrCodeEcc};
use serde::Serialize;

/// The modules of a QR code, and the width of the picture with its quiet zone.
#[derive(Serialize)]
pub(crate) struct QrPath {
    width: i32,
    path: String,
}

/// How many modules stay empty around the code (ISO/IEC 18004).
const QUIET: i32 = 4;

/// `None` if the text is too long for a QR code.
pub(crate) fn qr(text: &str) -> Option<QrPath> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let modules = (0..size).flat_map(|y| (0..size).map(move |x| (x, y)));
    let dark = modules.filter(|(x, y)| code.get_module(*x, *y));
    let path = dark.map(|(x, y)| format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET)).collect();
    Some(QrPath { width: size + 2 * QUIET, path })
}

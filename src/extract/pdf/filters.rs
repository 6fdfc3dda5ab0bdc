//! The filters of streams that hold text. Those of pictures are not among them.

use std::io::Read;
use std::rc::Rc;

use flate2::bufread::{DeflateDecoder, ZlibDecoder};
use weezl::{BitOrder, LzwStatus, decode::Decoder};

use super::file::File;
use super::lexer::{Dict, Object, hex_bytes, is_space};
use crate::extract::Refusal;
use crate::extract::budget::Budget;

/// A stream after its filters; empty when it is a picture, or in a filter that no text is in. What is damaged gives what
/// came before the damage.
pub(super) fn decode(file: &File<'_>, dict: &Dict, raw: &[u8]) -> Result<Vec<u8>, Refusal> {
    let filters = list(file.resolve(dict.get("Filter"))?);
    let parameters = list(file.resolve(dict.get("DecodeParms"))?);
    let budget = file.budget();
    let mut bytes: Option<Vec<u8>> = None;
    for at in 0..filters.len().min(MAX_FILTERS) {
        let filter = file.resolve(filters.get(at).unwrap_or(&Object::Null))?;
        let parameters = file.resolve(parameters.get(at).unwrap_or(&Object::Null))?;
        let input = bytes.as_deref().unwrap_or(raw);
        budget.spend(input.len())?;
        let output = match filter.name().unwrap_or_default() {
            "FlateDecode" | "Fl" => predicted(inflate(input, budget)?, &parameters),
            "LZWDecode" | "LZW" => predicted(lzw(input, &parameters, budget)?, &parameters),
            "ASCII85Decode" | "A85" => ascii85(input),
            "ASCIIHexDecode" | "AHx" => hex_bytes(input.split(|byte| *byte == b'>').next().unwrap_or_default()),
            "RunLengthDecode" | "RL" => run_length(input, budget)?,
            _ => Vec::new(),
        };
        bytes = Some(output);
    }
    Ok(bytes.unwrap_or_else(|| raw.to_vec()))
}

/// One value or a list of them.
fn list(object: Object) -> Rc<Vec<Object>> {
    match object {
        Object::Array(array) => array,
        Object::Null => Rc::default(),
        one => Rc::new(vec![one]),
    }
}

fn inflate(input: &[u8], budget: &Budget) -> Result<Vec<u8>, Refusal> {
    let output = read(ZlibDecoder::new(input), budget)?;
    if !output.is_empty() || input.is_empty() {
        return Ok(output);
    }
    // Without the header, or with a damaged one.
    read(DeflateDecoder::new(input), budget)
}

/// All that comes before the end or the first fault, paid for as it comes.
fn read(mut decoder: impl Read, budget: &Budget) -> Result<Vec<u8>, Refusal> {
    let mut output = Vec::new();
    let mut chunk = [0; CHUNK];
    while let Ok(length @ 1..) = decoder.read(&mut chunk) {
        budget.spend(length)?;
        output.extend_from_slice(chunk.get(..length).unwrap_or_default());
    }
    Ok(output)
}

fn lzw(mut input: &[u8], parameters: &Object, budget: &Budget) -> Result<Vec<u8>, Refusal> {
    let early = parameters.dict().is_none_or(|dict| dict.get("EarlyChange").index() != Some(0));
    let mut decoder = match early {
        true => Decoder::with_tiff_size_switch(BitOrder::Msb, 8),
        false => Decoder::new(BitOrder::Msb, 8),
    };
    let mut output = Vec::new();
    let mut chunk = [0; CHUNK];
    loop {
        let result = decoder.decode_bytes(input, &mut chunk);
        input = input.get(result.consumed_in..).unwrap_or_default();
        budget.spend(result.consumed_out + 1)?;
        output.extend_from_slice(chunk.get(..result.consumed_out).unwrap_or_default());
        if !matches!(result.status, Ok(LzwStatus::Ok)) || (result.consumed_in == 0 && result.consumed_out == 0) {
            return Ok(output);
        }
    }
}

fn ascii85(input: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    let mut group = Vec::with_capacity(5);
    for byte in input.iter().copied().filter(|byte| !is_space(*byte)) {
        match byte {
            b'z' if group.is_empty() => output.extend([0; 4]),
            b'!'..=b'u' => group.push(u32::from(byte - b'!')),
            b'~' => break,
            _ => {}
        }
        if group.len() == 5 {
            output.extend(base85(&group));
            group.clear();
        }
    }
    if group.len() > 1 {
        let length = group.len() - 1;
        group.resize(5, 84);
        output.extend(base85(&group).into_iter().take(length));
    }
    output
}

fn base85(group: &[u32]) -> [u8; 4] {
    group.iter().fold(0_u32, |value, digit| value.wrapping_mul(85).wrapping_add(*digit)).to_be_bytes()
}

fn run_length(mut input: &[u8], budget: &Budget) -> Result<Vec<u8>, Refusal> {
    let mut output = Vec::new();
    while let [length, rest @ ..] = input {
        let length = usize::from(*length);
        match (length, rest) {
            (0..=127, _) => {
                let (run, after) = rest.split_at(rest.len().min(length + 1));
                output.extend_from_slice(run);
                input = after;
            }
            (129.., [byte, after @ ..]) => {
                budget.spend(257 - length)?;
                output.resize(output.len() + 257 - length, *byte);
                input = after;
            }
            _ => break,
        }
    }
    Ok(output)
}

/// Undoes the predictors of PNG: tables of references use them, and texts may.
fn predicted(bytes: Vec<u8>, parameters: &Object) -> Vec<u8> {
    let Some(parameters) = parameters.dict() else { return bytes };
    let number = |key, default| parameters.get(key).index().unwrap_or(default);
    if number("Predictor", 1) < 10 {
        return bytes;
    }
    let bits = number("Colors", 1).clamp(1, 32) * number("BitsPerComponent", 8).clamp(1, 16);
    let pixel = bits.div_ceil(8);
    let width = (number("Columns", 1).clamp(1, MAX_COLUMNS) * bits).div_ceil(8);
    let mut output: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut above = vec![0_u8; width];
    for row in bytes.chunks(width + 1) {
        let [filter, row @ ..] = row else { break };
        let mut line: Vec<u8> = Vec::with_capacity(width);
        for (at, byte) in row.iter().enumerate() {
            let left = at.checked_sub(pixel);
            let before = |line: &[u8]| left.and_then(|left| line.get(left)).copied().unwrap_or(0);
            let (a, b, c) = (before(&line), above.get(at).copied().unwrap_or(0), before(&above));
            let guess = match filter {
                1 => a,
                2 => b,
                3 => a.midpoint(b),
                4 => paeth(a, b, c),
                _ => 0,
            };
            line.push(byte.wrapping_add(guess));
        }
        output.extend_from_slice(&line);
        line.resize(width, 0);
        above = line;
    }
    output
}

fn paeth(a: u8, b: u8, c: u8) -> u8 {
    let guess = i16::from(a) + i16::from(b) - i16::from(c);
    let distance = |byte: u8| (guess - i16::from(byte)).abs();
    match (distance(a), distance(b), distance(c)) {
        (to_a, to_b, to_c) if to_a <= to_b && to_a <= to_c => a,
        (_, to_b, to_c) if to_b <= to_c => b,
        _ => c,
    }
}

const CHUNK: usize = 4096;
const MAX_FILTERS: usize = 4;
const MAX_COLUMNS: usize = 4096;

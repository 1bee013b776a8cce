//! Packs what comes in by LZMA: a stream without header and end marker, of the properties that `ts/lzma.ts` unpacks (`lc` 3, `lp` 0, `pb` 0).

use std::io::{self, Read, Write};

use lzma_rust2::{EncodeMode, LzmaOptions, LzmaWriter, MfType};

fn main() -> io::Result<()> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    // The strongest that there is: what the properties do not say costs time here and nothing where it is unpacked.
    let options = LzmaOptions {
        dict_size: 1 << 20,
        lc: 3,
        lp: 0,
        pb: 0,
        mode: EncodeMode::Normal,
        nice_len: LzmaOptions::NICE_LEN_MAX,
        mf: MfType::Bt4,
        depth_limit: 1000,
        preset_dict: None,
    };
    let mut writer = LzmaWriter::new_no_header(io::stdout().lock(), &options, false)?;
    writer.write_all(&bytes)?;
    writer.finish()?.flush()
}

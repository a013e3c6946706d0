//! Where uploaded files lie: streamed in, never whole in memory, and read back by a thread that parses.
//!
//! Names are made here. Nothing that a client sends becomes part of a path.

/// What a killed process leaves behind of the file that it was keeping.
mod halves;

use std::{
    io,
    path::{Path as FolderPath, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use app::domain::ImportId;
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt};
use object_store::{
    GetResultPayload, ObjectStore, ObjectStoreExt, buffered::BufWriter, local::LocalFileSystem, path::Path,
};
use sha2::{Digest, Sha256};
use tokio::{io::AsyncWriteExt, runtime::Handle};
use tokio_util::io::{StreamReader, SyncIoBridge};

/// Bytes gathered before they are written: 256 KiB, so that 50 uploads at once need no more than 13 MiB.
const WRITE_BUFFER: usize = 256 * 1024;
/// Where the files of imports lie.
const IMPORTS: &str = "imports";
/// How the name of such a file ends.
const ENDING: &str = ".csv";

/// A file could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The sender stopped or sent something broken.
    #[error("the upload broke off: {0}")]
    Upload(String),
    /// There is more than is allowed.
    #[error("the file is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// The folder can't be made.
    #[error("the folder for uploads can't be used: {0}")]
    Folder(io::Error),
    /// The storage failed.
    #[error("the storage failed: {0}")]
    Storage(#[from] object_store::Error),
    /// Writing failed.
    #[error("the storage failed: {0}")]
    Write(io::Error),
}

impl FileError {
    /// Whether there is no room for more.
    pub fn is_full(&self) -> bool {
        let is_full =
            |error: &io::Error| matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        match self {
            Self::Folder(error) | Self::Write(error) => is_full(error),
            Self::Storage(error) => innermost(error).downcast_ref().is_some_and(is_full),
            Self::Upload(_) | Self::TooLarge { .. } => false,
        }
    }
}

/// The cause of all causes.
fn innermost<'a>(error: &'a (dyn std::error::Error + 'static)) -> &'a (dyn std::error::Error + 'static) {
    error.source().map_or(error, innermost)
}

/// A file that is kept now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFile {
    /// Where it lies.
    pub path: String,
    /// How long it is.
    pub size_bytes: u64,
    /// SHA-256, in hexadecimal.
    pub sha256: String,
}

/// The storage of uploaded files.
#[derive(Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    folder: PathBuf,
}

impl Files {
    /// Files in a folder of this machine, which is made if it is missing.
    ///
    /// # Errors
    /// The folder can't be made.
    pub fn in_folder(folder: &FolderPath) -> Result<Self, FileError> {
        std::fs::create_dir_all(folder).map_err(FileError::Folder)?;
        // With fsync, because what is answered 202 has to outlive a power cut.
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), folder: folder.to_owned() })
    }

    /// Keeps the file of an import. Either the whole file is there afterwards, or nothing.
    ///
    /// # Errors
    /// The sender broke off or sent more than `limit_bytes`, or the storage failed.
    pub async fn keep<S, E>(&self, import_id: ImportId, body: S, limit_bytes: u64) -> Result<KeptFile, FileError>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
        E: std::fmt::Display,
    {
        let path = path_of(import_id);
        let mut writer = BufWriter::with_capacity(Arc::clone(&self.store), path.clone(), WRITE_BUFFER);
        match pour(body, &mut writer, limit_bytes).await {
            Ok((size_bytes, sha256)) => {
                writer.shutdown().await.map_err(FileError::Write)?;
                Ok(KeptFile { path: path.to_string(), size_bytes, sha256 })
            }
            Err(error) => {
                if let Err(problem) = writer.abort().await {
                    tracing::warn!(%path, error = %problem, "half an upload could not be removed");
                }
                Err(error)
            }
        }
    }

    /// Removes a file; one that is gone already is no error.
    ///
    /// # Errors
    /// The storage failed.
    pub async fn remove(&self, path: &str) -> Result<(), FileError> {
        match self.store.delete(&Path::from(path)).await {
            Err(object_store::Error::NotFound { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a file is there.
    ///
    /// # Errors
    /// The storage failed.
    pub async fn has(&self, path: &str) -> Result<bool, FileError> {
        match self.store.head(&Path::from(path)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Imports whose file was kept at least `age` ago, by the storage's own note of it, in groups of `at_once`. What has another
    /// name than an import's file is nobody's to judge, and left out.
    pub fn kept_for(
        &self,
        age: Duration,
        at_once: usize,
    ) -> impl Stream<Item = Result<Vec<ImportId>, FileError>> + Send {
        let kept_before = SystemTime::now().checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH);
        let old = self.store.list(Some(&Path::from(IMPORTS))).try_filter_map(move |file| {
            let is_old = SystemTime::from(file.last_modified) <= kept_before;
            let import_id = is_old.then(|| import_of(&file.location)).flatten();
            std::future::ready(Ok(import_id))
        });
        old.try_chunks(at_once).map_err(|broken| broken.1.into())
    }

    /// Removes the file of an import; one that is gone already is no error.
    ///
    /// # Errors
    /// The storage failed.
    pub async fn remove_of(&self, import_id: ImportId) -> Result<(), FileError> {
        self.remove(path_of(import_id).as_ref()).await
    }

    /// Removes at most `limit` halves of files that nobody has written to for `age`, and returns how many there were. A process that
    /// is killed while it keeps a file leaves one behind, beside the file that was to be; the storage itself never shows it.
    ///
    /// # Errors
    /// The folder can't be read.
    pub async fn remove_halves(&self, age: Duration, limit: usize) -> Result<usize, FileError> {
        let folder = self.folder.join(IMPORTS);
        let removed = tokio::task::spawn_blocking(move || halves::remove(&folder, age, limit)).await;
        removed.map_err(io::Error::other).flatten().map_err(FileError::Folder)
    }

    /// Opens a file for a thread that may block. Call it from such a thread of the runtime.
    ///
    /// # Errors
    /// The file is gone, or the storage failed.
    pub fn open_blocking(&self, runtime: &Handle, path: &str) -> io::Result<Box<dyn io::Read + Send>> {
        let found = runtime.block_on(self.store.get(&Path::from(path))).map_err(io::Error::other)?;
        Ok(match found.payload {
            GetResultPayload::File(file, _) => Box::new(file),
            GetResultPayload::Stream(stream) => Box::new(SyncIoBridge::new_with_handle(
                StreamReader::new(stream.map(|part| part.map_err(io::Error::other))),
                runtime.clone(),
            )),
        })
    }
}

fn path_of(import_id: ImportId) -> Path {
    Path::from(format!("{IMPORTS}/{import_id}{ENDING}"))
}

/// The import whose file a path is.
fn import_of(path: &Path) -> Option<ImportId> {
    let import_id = path.filename()?.strip_suffix(ENDING)?.parse().ok()?;
    (path_of(import_id) == *path).then_some(import_id)
}

/// Writes all that comes, counting and hashing on the way.
async fn pour<S, E>(mut body: S, writer: &mut BufWriter, limit_bytes: u64) -> Result<(u64, String), FileError>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    let mut hash = Sha256::new();
    let mut size_bytes = 0_u64;
    while let Some(part) = body.next().await {
        let part = part.map_err(|error| FileError::Upload(error.to_string()))?;
        size_bytes += part.len() as u64;
        if size_bytes > limit_bytes {
            return Err(FileError::TooLarge { limit_bytes });
        }
        hash.update(&part);
        writer.put(part).await?;
    }
    Ok((size_bytes, hex::encode(hash.finalize())))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn import_id() -> ImportId {
        ImportId(uuid::Uuid::now_v7())
    }

    fn parts(parts: &'static [&'static [u8]]) -> impl Stream<Item = Result<Bytes, Infallible>> + Unpin {
        futures::stream::iter(parts.iter().map(|part| Ok(Bytes::from_static(part))))
    }

    #[tokio::test]
    async fn a_file_is_read_back_as_it_came() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = Files::in_folder(folder.path()).expect("a storage");

        let kept = files.keep(import_id(), parts(&[b"ab", b"", b"c"]), 3).await.expect("kept");

        assert_eq!(kept.size_bytes, 3);
        assert_eq!(kept.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let text = tokio::task::spawn_blocking(move || {
            let reader = files.open_blocking(&Handle::current(), &kept.path)?;
            io::read_to_string(reader)
        });
        assert_eq!(text.await.expect("joined").expect("readable"), "abc");
    }

    #[tokio::test]
    async fn a_file_that_is_too_large_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = Files::in_folder(folder.path()).expect("a storage");

        let refused = files.keep(import_id(), parts(&[b"ab", b"cd"]), 3).await;

        assert!(matches!(refused, Err(FileError::TooLarge { limit_bytes: 3 })));
        let left = std::fs::read_dir(folder.path().join("imports")).map_or(0, Iterator::count);
        assert_eq!(left, 0);
    }
}

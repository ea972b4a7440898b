using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EdgeRecorder.Platform.Linux;

/// <summary>
/// One file with the calls that a ring needs and .NET does not have: a flush that is <c>fdatasync</c> and not <c>fsync</c>, an
/// allocation that sets the size, gathered writes from pinned memory, start and wait of writeback.
/// </summary>
/// <exception cref="ErrnoException">Every call that fails; it names the call and the path.</exception>
public sealed class LinuxFile : IDisposable
{
    private const int MaxVectors = 1024;                    // IOV_MAX
    private readonly SafeFileHandle _handle;

    private LinuxFile(string path, SafeFileHandle handle) => (Path, _handle) = (path, handle);

    public string Path { get; }

    public static LinuxFile Open(string path, bool write = true)
        => new(path, File.OpenHandle(path, FileMode.Open, write ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));

    /// <summary>Without the shared lock that .NET takes on what it opens: another process may hold the file locked.</summary>
    public static LinuxFile OpenUnlocked(string path, bool write = false)
    {
        while (true)
        {
            var handle = LibC.open(path, (write ? LibC.O_WRONLY : LibC.O_RDONLY) | LibC.O_CLOEXEC);
            if (!handle.IsInvalid)
                return new LinuxFile(path, handle);
            var errno = Marshal.GetLastPInvokeError();
            handle.Dispose();
            if (errno != LibC.EINTR)
                throw new ErrnoException("open", path, errno);
        }
    }

    /// <summary>Makes a file of exactly <paramref name="length"/> bytes with all its blocks allocated; an existing one is an error.</summary>
    public static LinuxFile Create(string path, long length)
    {
        var file = new LinuxFile(path, File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
        var errno = LibC.posix_fallocate(file._handle, 0, length);
        if (errno == 0)
            return file;
        file.Dispose();
        File.Delete(path);
        throw new ErrnoException("posix_fallocate", path, errno);
    }

    /// <summary>Makes a shorter file <paramref name="length"/> bytes long, with all its blocks allocated.</summary>
    public void Allocate(long length)
    {
        if (LibC.posix_fallocate(_handle, 0, length) is not 0 and var errno)
            throw new ErrnoException("posix_fallocate", Path, errno);
    }

    /// <summary>
    /// Gives an existing file blocks for its first <paramref name="length"/> bytes and leaves its size as it is: it grows into them on a full disk.
    /// False when there are not so many. A file system that cannot do so keeps nothing, and that is true.
    /// </summary>
    public static bool TryReserve(string path, long length)
    {
        using var file = OpenUnlocked(path, write: true);
        while (LibC.fallocate(file._handle, LibC.FALLOC_FL_KEEP_SIZE, 0, length) < 0)
            if (Marshal.GetLastPInvokeError() is var errno and not LibC.EINTR)
                return errno != LibC.ENOSPC;
        return true;
    }

    public long Length => RandomAccess.GetLength(_handle);

    /// <summary>Reads until <paramref name="target"/> is full or the file ends; returns the bytes read.</summary>
    public int Read(Span<byte> target, long offset)
    {
        var done = 0;
        while (done < target.Length && RandomAccess.Read(_handle, target[done..], offset + done) is > 0 and var count)
            done += count;
        return done;
    }

    public unsafe void Write(ReadOnlySpan<byte> source, long offset)
    {
        fixed (byte* bytes = source)
        {
            var vector = new LibC.IoVec { Base = (nint)bytes, Length = source.Length };
            WriteAll(&vector, 1, offset);
        }
    }

    /// <summary>One <c>pwritev</c> for up to 1,024 pieces, more for more.</summary>
    public unsafe void Write(GatherList list, long offset)
    {
        var pieces = list.Pieces;
        var vectors = stackalloc LibC.IoVec[Math.Min(MaxVectors, pieces.Length)];
        while (pieces.Length > 0)
        {
            var count = Math.Min(MaxVectors, pieces.Length);
            long bytes = 0;
            for (var i = 0; i < count; i++)
            {
                var piece = pieces[i];
                vectors[i] = new LibC.IoVec { Base = Marshal.UnsafeAddrOfPinnedArrayElement(piece.Array!, piece.Offset), Length = piece.Count };
                bytes += piece.Count;
            }
            WriteAll(vectors, count, offset);
            GC.KeepAlive(list);
            offset += bytes;
            pieces = pieces[count..];
        }
    }

    private unsafe void WriteAll(LibC.IoVec* vectors, int count, long offset)
    {
        while (count > 0)
        {
            var written = LibC.pwritev(_handle, vectors, count, offset);
            if (written < 0)
            {
                if (Marshal.GetLastPInvokeError() is var errno and not LibC.EINTR)
                    throw new ErrnoException("pwritev", Path, errno);
                continue;
            }
            offset += written;
            for (; count > 0 && written >= vectors->Length; count--, vectors++)
                written -= vectors->Length;
            if (count > 0)
            {
                vectors->Base += written;
                vectors->Length -= written;
            }
        }
    }

    /// <summary>Starts writeback of dirty pages in the range and returns at once.</summary>
    public void StartWriteback(long offset, long length)
    {
        while (LibC.sync_file_range(_handle, offset, length, LibC.SYNC_FILE_RANGE_WRITE) < 0)
            ThrowUnlessInterrupted("sync_file_range");
    }

    /// <summary>Returns when what was dirty in the range has been written, though the device may still hold it in its cache.</summary>
    public void WaitForWriteback(long offset, long length)
    {
        while (LibC.sync_file_range(_handle, offset, length, LibC.SYNC_FILE_RANGE_WAIT_BEFORE | LibC.SYNC_FILE_RANGE_WRITE | LibC.SYNC_FILE_RANGE_WAIT_AFTER) < 0)
            ThrowUnlessInterrupted("sync_file_range");
    }

    /// <summary>Puts the file's data, and the size if it changed, onto the device; not its other times (fdatasync).</summary>
    public void DataSync()
    {
        while (LibC.fdatasync(_handle) < 0)
            ThrowUnlessInterrupted("fdatasync");
    }

    /// <summary>Puts a folder's names onto the device: what was made, renamed or deleted in it stays so (fsync; the names count as metadata).</summary>
    public static void SyncFolder(string path)
    {
        using var folder = OpenUnlocked(path);
        while (LibC.fsync(folder._handle) < 0)
            folder.ThrowUnlessInterrupted("fsync");
    }

    /// <summary>Tells the kernel that the clean pages of the range will not be needed.</summary>
    public void DropCache(long offset, long length)
    {
        var errno = LibC.posix_fadvise(_handle, offset, length, LibC.POSIX_FADV_DONTNEED);
        if (errno != 0)
            throw new ErrnoException("posix_fadvise", Path, errno);
    }

    /// <summary>Takes the exclusive advisory lock of the whole file; false when another process has it. Released by Dispose or the process's end.</summary>
    public bool TryLock() => LibC.flock(_handle, LibC.LOCK_EX | LibC.LOCK_NB) == 0;

    public void Dispose() => _handle.Dispose();

    private void ThrowUnlessInterrupted(string operation)
    {
        if (Marshal.GetLastPInvokeError() is var errno and not LibC.EINTR)
            throw new ErrnoException(operation, Path, errno);
    }
}

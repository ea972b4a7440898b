using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EdgeRecorder.Platform.Linux;

/// <summary>
/// A folder by its descriptor: what is opened, made or renamed in it is reached by one name without a slash and never through a symbolic link, whoever
/// exchanges folders meanwhile.
/// </summary>
/// <exception cref="ErrnoException">Every call that fails; it names the call and the path.</exception>
public sealed class LinuxFolder : IDisposable
{
    public const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
    public const UnixFileMode FolderMode = FileMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute;

    private readonly SafeFileHandle _handle;

    private LinuxFolder(string path, SafeFileHandle handle) => (Path, _handle) = (path, handle);

    public string Path { get; }

    /// <summary>O_DIRECTORY and O_NOFOLLOW are the two flags whose numbers differ: arm64 has them exchanged with O_DIRECT and O_LARGEFILE.</summary>
    private static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
    private static int Directory => IsArm ? 0x4000 : 0x10000;
    private static int NoFollow => IsArm ? 0x8000 : 0x20000;

    /// <summary>Follows links on the way: the path is the box's own.</summary>
    public static LinuxFolder Open(string path)
    {
        while (true)
        {
            var handle = LibC.open(path, LibC.O_RDONLY | LibC.O_CLOEXEC | Directory);
            if (!handle.IsInvalid)
                return new LinuxFolder(path, handle);
            ThrowUnlessInterrupted("open", path, handle);
        }
    }

    /// <summary>A folder in this one; null when there is none. A symbolic link of that name is an error, wherever it leads.</summary>
    public LinuxFolder? Find(string name)
    {
        while (true)
        {
            var handle = LibC.openat(_handle, Single(name), LibC.O_RDONLY | LibC.O_CLOEXEC | Directory | NoFollow, 0);
            if (!handle.IsInvalid)
                return new LinuxFolder(Below(name), handle);
            if (Marshal.GetLastPInvokeError() == LibC.ENOENT)
            {
                handle.Dispose();
                return null;
            }
            ThrowUnlessInterrupted("openat", Below(name), handle);
        }
    }

    /// <summary>A folder in this one, made when it is not there.</summary>
    public LinuxFolder FindOrMake(string name)
    {
        if (Find(name) is { } there)
            return there;
        if (LibC.mkdirat(_handle, name, (uint)FolderMode) < 0 && Marshal.GetLastPInvokeError() is var errno and not LibC.EEXIST)
            throw new ErrnoException("mkdirat", Below(name), errno);
        Sync();
        return Find(name) ?? throw new ErrnoException("openat", Below(name), LibC.ENOENT);
    }

    /// <summary>A file that was not there before, for reading and writing.</summary>
    public SafeFileHandle CreateFile(string name)
    {
        while (true)
        {
            var handle = LibC.openat(_handle, Single(name), LibC.O_RDWR | LibC.O_CREAT | LibC.O_EXCL | LibC.O_CLOEXEC | NoFollow, (uint)FileMode);
            if (!handle.IsInvalid)
                return handle;
            ThrowUnlessInterrupted("openat", Below(name), handle);
        }
    }

    /// <summary>A file that is there; null when there is none.</summary>
    public SafeFileHandle? OpenFile(string name, bool write)
    {
        while (true)
        {
            var handle = LibC.openat(_handle, Single(name), (write ? LibC.O_RDWR : LibC.O_RDONLY) | LibC.O_CLOEXEC | NoFollow, 0);
            if (!handle.IsInvalid)
                return handle;
            if (Marshal.GetLastPInvokeError() == LibC.ENOENT)
            {
                handle.Dispose();
                return null;
            }
            ThrowUnlessInterrupted("openat", Below(name), handle);
        }
    }

    /// <summary>Gives a file of this folder a name in another, or in this one. False: the name is taken, and nothing happened.</summary>
    public bool TryRename(string name, LinuxFolder to, string newName)
    {
        if (LibC.renameat2(_handle, Single(name), to._handle, Single(newName), LibC.RENAME_NOREPLACE) == 0)
            return true;
        var errno = Marshal.GetLastPInvokeError();
        if (errno is LibC.EINVAL or LibC.ENOSYS)            // a file system without the flag: a second name is refused in the same way
        {
            if (LibC.linkat(_handle, name, to._handle, newName, 0) == 0)
            {
                Delete(name);
                return true;
            }
            errno = Marshal.GetLastPInvokeError();
        }
        return errno == LibC.EEXIST ? false : throw new ErrnoException("renameat2", to.Below(newName), errno);
    }

    /// <summary>Gives a file of this folder another name in it, in place of whatever had that one.</summary>
    public void Replace(string name, string newName)
    {
        if (LibC.renameat2(_handle, Single(name), _handle, Single(newName), 0) < 0)
            throw new ErrnoException("renameat2", Below(newName), Marshal.GetLastPInvokeError());
    }

    /// <summary>Whether something has the name, whatever it is.</summary>
    public bool Has(string name)
    {
        using var handle = LibC.openat(_handle, Single(name), LibC.O_PATH | LibC.O_CLOEXEC | NoFollow, 0);
        return !handle.IsInvalid || Marshal.GetLastPInvokeError() is var errno and not LibC.ENOENT && (errno == LibC.EACCES ? true : throw new ErrnoException("openat", Below(name), errno));
    }

    /// <summary>Why no file could be made here now: a file system that is read-only, a folder that may not be changed. Null: one could.</summary>
    public string? WhyNotWritable()
        => LibC.faccessat(_handle, ".", LibC.W_OK, 0) == 0 ? null : new ErrnoException("access", Path, Marshal.GetLastPInvokeError()).Message;

    /// <returns>False: there was no such file.</returns>
    public bool Delete(string name)
    {
        if (LibC.unlinkat(_handle, Single(name), 0) == 0)
            return true;
        return Marshal.GetLastPInvokeError() is var errno and not LibC.ENOENT ? throw new ErrnoException("unlinkat", Below(name), errno) : false;
    }

    /// <summary>Puts the folder's names onto the device.</summary>
    public void Sync()
    {
        while (LibC.fsync(_handle) < 0)
            if (Marshal.GetLastPInvokeError() is var errno and not LibC.EINTR)
                throw new ErrnoException("fsync", Path, errno);
    }

    public void Dispose() => _handle.Dispose();

    private string Below(string name) => $"{Path}/{name}";

    /// <summary>One name and nothing that leads elsewhere, whoever calls.</summary>
    private static string Single(string name)
        => name is "" or "." or ".." || name.AsSpan().IndexOfAny('/', '\0') >= 0 ? throw new ArgumentException($"\"{name}\" is not one name", nameof(name)) : name;

    private static void ThrowUnlessInterrupted(string operation, string path, SafeFileHandle failed)
    {
        var errno = Marshal.GetLastPInvokeError();
        failed.Dispose();
        if (errno != LibC.EINTR)
            throw new ErrnoException(operation, path, errno);
    }
}

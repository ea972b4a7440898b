using System.Security.Cryptography;
using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Export;

/// <summary>
/// `storage.root/exports`, with a folder per export. What is being written has a temporary name; it gets its own when it is whole and on the disk,
/// so whatever a power cut leaves is either whole or thrown away.
/// </summary>
internal sealed class ExportFolder(string root)
{
    public const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
    private const UnixFileMode DirectoryMode = FileMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute;
    private const string Temporary = "tmp_";

    public string Of(string id) => Path.Combine(root, id);

    /// <summary>An empty folder for an export; what an earlier attempt left is gone.</summary>
    public string Make(string id)
    {
        Remove(id);
        Directory.CreateDirectory(Of(id), DirectoryMode);
        return Of(id);
    }

    public string NewFile(string id) => Path.Combine(Of(id), Temporary + RandomNumberGenerator.GetHexString(32, lowercase: true));

    /// <summary>Gives a file that is whole and synced its name.</summary>
    public void Keep(string id, string temporary, string name)
    {
        File.Move(temporary, Path.Combine(Of(id), name), overwrite: false);
        LinuxFile.SyncFolder(Of(id));
    }

    /// <summary>In hexadecimal, lower case, as sha256sum prints it.</summary>
    public static string Sha256Of(string path)
    {
        using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var piece = new byte[256 * 1024];
        for (var at = 0L; RandomAccess.Read(file, piece, at) is > 0 and var count; at += count)
            hash.AppendData(piece, 0, count);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public void Remove(string id)
    {
        if (Directory.Exists(Of(id)))
            Directory.Delete(Of(id), recursive: true);
    }

    /// <summary>Folders that no export of <paramref name="known"/> has.</summary>
    public void RemoveOthers(IReadOnlySet<string> known)
    {
        if (!Directory.Exists(root))
            return;
        foreach (var folder in Directory.EnumerateDirectories(root))
            if (!known.Contains(Path.GetFileName(folder)))
                Directory.Delete(folder, recursive: true);
    }

    /// <summary>Bytes that the volume has for us.</summary>
    public long FreeBytes
    {
        get
        {
            Directory.CreateDirectory(root, DirectoryMode);
            return new DriveInfo(root).AvailableFreeSpace;
        }
    }

    public long VolumeBytes
    {
        get
        {
            Directory.CreateDirectory(root, DirectoryMode);
            return new DriveInfo(root).TotalSize;
        }
    }

    public static bool IsFull(IOException fault) => fault is ErrnoException { Errno: ErrnoException.ENOSPC } || fault.HResult == ErrnoException.ENOSPC;     // .NET hands the errno on
}

using System.Globalization;
using System.Text;
using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Storage;

/// <summary>
/// Identity of a ring's folder, <c>ring/volume</c>: lines of <c>key=value</c>, written once at format and locked while a daemon runs.
/// </summary>
internal sealed class Volume : IDisposable
{
    public const string Name = "volume";
    private readonly LinuxFile _lock;

    private Volume(LinuxFile file, Guid id, long segmentBytes) => (_lock, Id, SegmentBytes) = (file, id, segmentBytes);

    public Guid Id { get; }
    public long SegmentBytes { get; }

    /// <summary>Opens the volume of a folder, or makes it when the folder has none.</summary>
    /// <exception cref="StorageException">Somebody else has it, or the file is not what it should be.</exception>
    public static Volume Open(string folder, Func<long> segmentBytes)
    {
        var path = Path.Combine(folder, Name);
        if (!File.Exists(path))
            Create(folder, path, segmentBytes());
        var file = OpenLocked(folder, path);
        try
        {
            var text = new byte[512];
            if (Parse(Encoding.ASCII.GetString(text, 0, file.Read(text, 0))) is not var (id, bytes))
                throw new StorageException($"{path}: needs id=UUID and segment_bytes=POWER OF TWO; move the folder away to start a new ring");
            return new Volume(file, id, bytes);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Id and segment size of the ring in a folder, without taking it; null when there is none.</summary>
    public static (Guid Id, long SegmentBytes)? Read(string folder)
    {
        try
        {
            using var file = LinuxFile.OpenUnlocked(Path.Combine(folder, Name));
            var text = new byte[512];
            return Parse(Encoding.ASCII.GetString(text, 0, file.Read(text, 0)));
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Dispose() => _lock.Dispose();

    private static (Guid Id, long SegmentBytes)? Parse(string text)
    {
        var values = text.Split('\n').Select(line => line.Split('=', 2)).Where(parts => parts.Length == 2).ToLookup(parts => parts[0], parts => parts[1]);
        return Guid.TryParse(values["id"].FirstOrDefault(), out var id)
               && long.TryParse(values["segment_bytes"].FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && long.IsPow2(bytes)
            ? (id, bytes) : null;
    }

    private static LinuxFile OpenLocked(string folder, string path)
    {
        LinuxFile? file = null;
        try
        {
            file = LinuxFile.Open(path);                    // takes a shared lock itself, and says so when it cannot
            if (file.TryLock())
                return file;
        }
        catch (IOException e) when (e.HResult == ErrnoException.EAGAIN)
        {
            throw new StorageException($"{folder}: another edge-recorder is using this ring (lock on {path})", e);
        }
        file.Dispose();
        throw new StorageException($"{folder}: another edge-recorder is using this ring (lock on {path})");
    }

    private static void Create(string folder, string path, long segmentBytes)
    {
        if (SegmentFolder.Scan(folder).Segments.Count > 0)
            throw new StorageException($"{folder}: holds segments but no file '{Name}'; run fsck to see whose they are");
        var temporary = path + ".new";
        var text = string.Create(CultureInfo.InvariantCulture, $"format=1\nid={Guid.NewGuid()}\nsegment_bytes={segmentBytes}\n");
        using (var stream = new FileStream(temporary, FileMode.Create))
        {
            stream.Write(Encoding.ASCII.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, path);
    }
}

/// <summary>The storage cannot be used as it is: what, where and why, for the owner.</summary>
public sealed class StorageException(string message, Exception? inner = null) : Exception(message, inner);

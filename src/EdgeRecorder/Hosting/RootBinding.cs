using EdgeRecorder.Configuration;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Hosting;

/// <summary>
/// Binds `storage.root` to its disk (DESIGN section 4): a disk that is not mounted, or another one in its place, is an error before anything is written,
/// not a ring on the file system below.
/// </summary>
internal static class RootBinding
{
    /// <exception cref="DataRootException">The root is not where it should be.</exception>
    public static void Require(StorageOptions storage)
    {
        if (Wrong(storage, ExpectedMounts.OfThisBox()) is { } wrong)
            throw new DataRootException(wrong);
    }

    /// <summary>What is wrong with the place of the root, or null. A volume that is named says it all; else what the box mounts is asked.</summary>
    public static string? Wrong(StorageOptions storage, ExpectedMounts mounts)
    {
        if (storage.Volume is { } wanted)
            return VolumeAt(storage.Root) is not { } found ? $"storage.volume: {storage.Root} holds no ring, volume {wanted} is wanted: its disk is not mounted; a new disk needs \"any\" or its own id"
                : found != wanted ? $"storage.volume: {storage.Root} holds volume {found}, volume {wanted} is wanted: another disk is mounted"
                : null;
        return mounts.MissingFor(storage.Root) is var (point, file)
            ? $"storage.root: {storage.Root}: {file} mounts a file system at {point}, and none is mounted there; mount it, or name the volume that is to be used instead in storage.volume"
            : null;
    }

    /// <summary>Identity of the ring below a root; null when there is none.</summary>
    public static Guid? VolumeAt(string root) => Volume.Read(Path.Combine(root, "ring"))?.Id;
}

using System.Security.Cryptography;
using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Files;

/// <summary>
/// `storage.root/files` with a folder per family. Folders are walked by their descriptors, never through a symbolic link; files are made under a temporary
/// name and get their own when they are whole and on the disk. Nothing is ever overwritten.
/// </summary>
internal sealed class FamilyFolder(string storageRoot)
{
    private const string Temporary = "tmp_";
    private const int MostSuffixes = 10_000;

    /// <summary>A client may name it in front of a label.</summary>
    public string Root => storageRoot;

    /// <summary>A name for a file in the folder of <paramref name="place"/> that is being written.</summary>
    public static FamilyPath TemporaryBeside(FamilyPath place) => place.Sibling(Temporary + RandomNumberGenerator.GetString("0123456789abcdefghijklmnopqrstuvwxyz", 32));

    /// <summary>The same, found again by the file's id in the ledger.</summary>
    public static FamilyPath TemporaryBeside(FamilyPath place, Guid id) => place.Sibling(Temporary + id.ToString("N"));

    /// <summary>An empty file where none was; its folders are made.</summary>
    /// <exception cref="IOException">The disk, or a symbolic link on the way.</exception>
    public NewFile Create(FamilyPath place)
    {
        using var folder = Walk(place, make: true)!;
        return new NewFile(folder.CreateFile(place.Names[^1]), place);
    }

    /// <summary>Opens what was left under <paramref name="place"/>; null when it is not there.</summary>
    public NewFile? Reopen(FamilyPath place)
    {
        using var folder = Walk(place, make: false);
        return folder?.OpenFile(place.Names[^1], write: true) is { } handle ? new NewFile(handle, place) : null;
    }

    /// <summary>Gives a file that is whole and synced the name that was promised, or the next free one beside it.</summary>
    /// <returns>The place it has now.</returns>
    public FamilyPath Keep(FamilyPath temporary, FamilyPath wanted)
    {
        using var from = Walk(temporary, make: false) ?? throw new FileNotFoundException($"{temporary} is gone");
        using var to = Walk(wanted, make: true)!;
        var place = wanted;
        for (var number = 1; !from.TryRename(temporary.Names[^1], to, place.Names[^1]); number++)
        {
            if (number == MostSuffixes)
                throw new IOException($"{wanted}: {MostSuffixes} files have that name already");
            place = wanted.Beside(number);
        }
        to.Sync();
        return place;
    }

    /// <summary>The place, or the next one beside it whose name nobody has. It may be taken a moment later: <see cref="Keep"/> looks again.</summary>
    public FamilyPath Free(FamilyPath wanted)
    {
        using var folder = Walk(wanted, make: false);
        var place = wanted;
        for (var number = 1; number < MostSuffixes && folder?.Has(place.Names[^1]) == true; number++)
            place = wanted.Beside(number);
        return place;
    }

    /// <summary>Why the folder of <paramref name="place"/> would take no file now; null: it would.</summary>
    public string? WhyNotWritable(FamilyPath place)
    {
        using var folder = Walk(place, make: false);
        return folder is null ? $"{place} has lost its folder" : folder.WhyNotWritable();
    }

    /// <summary>Puts a small file of ours in place, whole or not at all; one of that name is replaced.</summary>
    public void Write(FamilyPath place, ReadOnlySpan<byte> content, UnixFileMode mode = LinuxFolder.FileMode)
    {
        var temporary = TemporaryBeside(place);
        using var folder = Walk(place, make: true)!;
        using (var file = folder.CreateFile(temporary.Names[^1]))
        {
            File.SetUnixFileMode(file, mode);
            RandomAccess.Write(file, content, 0);
            RandomAccess.FlushToDisk(file);
        }
        folder.Replace(temporary.Names[^1], place.Names[^1]);
        folder.Sync();
    }

    /// <summary>A folder, with those above it; it may be there already.</summary>
    /// <exception cref="IOException">The disk, a file of that name, or a symbolic link on the way.</exception>
    public void MakeFolder(FamilyPath place)
    {
        using var above = Walk(place, make: true)!;
        above.FindOrMake(place.Names[^1]).Dispose();
    }

    /// <summary>The content of a small file; null when there is none.</summary>
    public byte[]? Read(FamilyPath place)
    {
        using var folder = Walk(place, make: false);
        using var file = folder?.OpenFile(place.Names[^1], write: false);
        if (file is null)
            return null;
        var content = new byte[RandomAccess.GetLength(file)];
        var length = 0;
        while (length < content.Length && RandomAccess.Read(file, content.AsSpan(length), length) is > 0 and var count)
            length += count;
        return content[..length];
    }

    /// <returns>False: there is none.</returns>
    public bool Delete(FamilyPath place)
    {
        using var folder = Walk(place, make: false);
        return folder?.Delete(place.Names[^1]) == true;
    }

    /// <summary>The place that the ledger names; null when it is not one of ours.</summary>
    public static FamilyPath? Find(string inRoot)
        => inRoot.Split('/', 3) is ["files", var family, var relative] && family is not ("" or "." or "..") ? FamilyPath.Read(family, relative, "", out _) : null;

    public string FullPath(FamilyPath place) => Path.Combine(storageRoot, place.InRoot);

    /// <summary>The folder that holds the file.</summary>
    private LinuxFolder? Walk(FamilyPath place, bool make)
    {
        var folder = LinuxFolder.Open(storageRoot);
        foreach (var name in (IEnumerable<string>)["files", place.Family, .. place.Names.SkipLast(1)])
        {
            using var above = folder;
            if ((make ? above.FindOrMake(name) : above.Find(name)) is not { } next)
                return null;
            folder = next;
        }
        return folder;
    }
}

/// <summary>A file that was just made and has a temporary name.</summary>
internal sealed record NewFile(Microsoft.Win32.SafeHandles.SafeFileHandle Handle, FamilyPath Place) : IDisposable
{
    public void Dispose() => Handle.Dispose();
}

using EdgeRecorder.Files;
using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Tests.Files;

public sealed class FamilyFolderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FamilyFolder _folder;

    public FamilyFolderTests() => _folder = new FamilyFolder(_directory.Path);

    private string Family => Path.Combine(_directory.Path, "files/ome");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_file_has_a_temporary_name_until_it_is_kept_and_modes_that_keep_others_out()
    {
        var wanted = Place("a/b/x.ts");
        var temporary = FamilyFolder.TemporaryBeside(wanted);
        Assert.Matches("^a/b/tmp_[0-9a-z]{32}$", temporary.Relative);

        using (var file = _folder.Create(temporary))
            RandomAccess.Write(file.Handle, "media"u8, 0);
        Assert.Equal([Path.GetFileName(temporary.Relative)], Names("a/b"));
        Assert.Equal(wanted.Relative, _folder.Keep(temporary, wanted).Relative);

        Assert.Equal(["x.ts"], Names("a/b"));
        Assert.Equal("media"u8.ToArray(), _folder.Read(wanted));
        Assert.Equal(LinuxFolder.FileMode, File.GetUnixFileMode(Path.Combine(Family, "a/b/x.ts")) | LinuxFolder.FileMode);
        Assert.Equal(LinuxFolder.FolderMode, File.GetUnixFileMode(Path.Combine(Family, "a")) | LinuxFolder.FolderMode);
    }

    [Fact]
    public void Nothing_is_overwritten()
    {
        for (var i = 0; i < 3; i++)
            Keep("x.mp4", (byte)('0' + i));

        Assert.Equal(["x.mp4", "x_1.mp4", "x_2.mp4"], Names(""));
        Assert.Equal("0"u8.ToArray(), _folder.Read(Place("x.mp4")));
        Assert.Equal("2"u8.ToArray(), _folder.Read(Place("x_2.mp4")));
    }

    [Fact]
    public void A_name_that_is_a_folder_or_a_link_counts_as_taken()
    {
        Directory.CreateDirectory(Path.Combine(Family, "x.mp4"));
        File.CreateSymbolicLink(Path.Combine(Family, "x_1.mp4"), Path.Combine(_directory.Path, "elsewhere"));

        Keep("x.mp4", (byte)'m');

        Assert.Equal("m"u8.ToArray(), _folder.Read(Place("x_2.mp4")));
        Assert.False(File.Exists(Path.Combine(_directory.Path, "elsewhere")));
    }

    [Theory]
    [InlineData("link/x.ts")]
    [InlineData("a/link/x.ts")]
    [InlineData("a/link/deeper/x.ts")]
    public void No_link_is_followed_on_the_way(string label)
    {
        var outside = Directory.CreateDirectory(Path.Combine(_directory.Path, "outside")).FullName;
        Directory.CreateDirectory(Path.Combine(Family, "a"));
        File.CreateSymbolicLink(Path.Combine(Family, "link"), outside);
        File.CreateSymbolicLink(Path.Combine(Family, "a/link"), outside);

        Assert.Throws<ErrnoException>(() => _folder.Create(FamilyFolder.TemporaryBeside(Place(label))));
        Assert.Throws<ErrnoException>(() => _folder.Write(Place(label), "x"u8));
        Assert.Throws<ErrnoException>(() => _folder.Read(Place(label)));
        Assert.Throws<ErrnoException>(() => _folder.Delete(Place(label)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
    }

    [Fact]
    public void No_link_is_followed_at_the_end_or_in_place_of_the_family()
    {
        var secret = Path.Combine(_directory.Path, "secret");
        File.WriteAllText(secret, "secret");
        Directory.CreateDirectory(Family);
        File.CreateSymbolicLink(Path.Combine(Family, "x.xml"), secret);

        Assert.Throws<ErrnoException>(() => _folder.Read(Place("x.xml")));
        Assert.Throws<ErrnoException>(() => _folder.Reopen(Place("x.xml")));
        _folder.Write(Place("x.xml"), "ours"u8);             // the link itself is replaced
        Assert.Equal("secret", File.ReadAllText(secret));
        Assert.Equal("ours"u8.ToArray(), _folder.Read(Place("x.xml")));

        File.CreateSymbolicLink(Path.Combine(_directory.Path, "files/inspector"), _directory.Path);
        Assert.Throws<ErrnoException>(() => _folder.Write(FamilyPath.Read("inspector", "secret", "", out _)!, "x"u8));
        Assert.Equal("secret", File.ReadAllText(secret));
    }

    [Theory]
    [InlineData("files/ome/a/x.ts", "a/x.ts")]
    [InlineData("files/../keys/x", null)]
    [InlineData("files/ome/../../keys/x", null)]
    [InlineData("keys/ome/x", null)]
    [InlineData("files/ome", null)]
    public void A_row_of_the_ledger_is_believed_only_as_far_as_it_names_a_place_of_ours(string row, string? expected)
        => Assert.Equal(expected, FamilyFolder.Find(row)?.Relative);

    private static FamilyPath Place(string label) => FamilyPath.Read("ome", label, "", out _)!;

    private void Keep(string label, byte content)
    {
        var temporary = FamilyFolder.TemporaryBeside(Place(label));
        using (var file = _folder.Create(temporary))
            RandomAccess.Write(file.Handle, [content], 0);
        _folder.Keep(temporary, Place(label));
    }

    private IEnumerable<string> Names(string below) => Directory.EnumerateFileSystemEntries(Path.Combine(Family, below)).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);
}

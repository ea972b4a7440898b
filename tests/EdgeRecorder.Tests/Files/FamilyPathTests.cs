using EdgeRecorder.Files;

namespace EdgeRecorder.Tests.Files;

public sealed class FamilyPathTests
{
    private const string Root = "/var/lib/edge-recorder";

    [Theory]
    [InlineData("cam1.ts", "cam1.ts")]
    [InlineData("/path/to/save/recorded/file_0.ts", "path/to/save/recorded/file_0.ts")]
    [InlineData(@"C:\tmp\Data1", "tmp/Data1")]
    [InlineData("C:tmp", "tmp")]
    [InlineData("C:/C:/d:x", "x")]
    [InlineData(@"C:\", null)]
    [InlineData(@"\\server\share\dir\x.mp4", "dir/x.mp4")]
    [InlineData(@"\\server\share", null)]
    [InlineData(@"\\?\C:\dir\x.mp4", "dir/x.mp4")]
    [InlineData(@"\\.\C:\dir\x.mp4", "dir/x.mp4")]
    [InlineData(@"\\?\UNC\server\share\x.mp4", "x.mp4")]
    [InlineData("//rec/x.ts", "rec/x.ts")]
    [InlineData("a//b/./c/", "a/b/c")]
    [InlineData("./././x", "x")]
    [InlineData(Root + "/x.ts", "x.ts")]
    [InlineData(Root + "s/x.ts", "var/lib/edge-recorders/x.ts")]
    [InlineData("...", "...")]
    [InlineData("..x/x..", "..x/x..")]
    [InlineData("%2e%2e/x.ts", "%2e%2e/x.ts")]               // a label is text: nothing decodes it behind our back
    [InlineData("..%2fx.ts", "..%2fx.ts")]
    [InlineData("CON/nul.txt/aux", "CON/nul.txt/aux")]       // names with a meaning elsewhere; here they are names
    [InlineData("/dev/null", "dev/null")]
    [InlineData("/proc/self/root", "proc/self/root")]
    [InlineData("~/x", "~/x")]
    [InlineData("$(reboot);`id`|x", "$(reboot);`id`|x")]
    [InlineData("车/摄像机.mp4", "车/摄像机.mp4")]
    [InlineData("", null)]
    [InlineData("/", null)]
    [InlineData(@"\.\", null)]
    [InlineData("..", null)]
    [InlineData("/../../etc/x.ts", null)]
    [InlineData(@"..\..\etc", null)]
    [InlineData("a/../b", null)]
    [InlineData("a/b/..", null)]
    [InlineData(@"\\..\..\x", null)]
    [InlineData(@"\\server\..\..\etc\x", null)]
    [InlineData(@"C:..\x", null)]
    [InlineData(Root + "/../x", null)]
    [InlineData("a\0b", null)]
    [InlineData("a\nb", null)]
    [InlineData("a\u0085b", null)]
    [InlineData("a\u007fb", null)]
    public void A_label_is_read_into_names_below_the_folder_or_refused(string label, string? expected)
    {
        var path = FamilyPath.Read("ome", label, Root, out var why);

        Assert.Equal(expected, path?.Relative);
        Assert.Equal(expected is null, why.Length > 0);
        if (path is null)
            return;
        var full = Path.GetFullPath($"{Root}/{path.InRoot}");
        Assert.StartsWith($"{Root}/files/ome/", full, StringComparison.Ordinal);
        Assert.Equal($"{Root}/{path.InRoot}", full);
        Assert.Equal(path.Relative, FamilyPath.Read("ome", path.Relative, "", out _)!.Relative);      // as the ledger gives it back
    }

    [Fact]
    public void Half_a_surrogate_pair_is_refused() => Assert.Null(FamilyPath.Read("ome", "a" + (char)0xD800 + "b", Root, out _));

    [Fact]
    public void A_name_has_at_most_255_bytes_and_a_path_1024()
    {
        Assert.NotNull(FamilyPath.Read("ome", new string('x', 255), Root, out _));
        Assert.Null(FamilyPath.Read("ome", new string('x', 256), Root, out _));
        Assert.NotNull(FamilyPath.Read("ome", new string('车', 85), Root, out _));
        Assert.Null(FamilyPath.Read("ome", new string('车', 86), Root, out _));
        var folders = string.Concat(Enumerable.Repeat(new string('d', 127) + "/", 7));
        Assert.NotNull(FamilyPath.Read("ome", folders + new string('x', 128), Root, out _));
        Assert.Null(FamilyPath.Read("ome", folders + new string('x', 129), Root, out _));
    }

    [Theory]
    [InlineData("a/b", "a_b")]
    [InlineData("..", "_")]
    [InlineData(".", "_")]
    [InlineData(@"..\..", ".._..")]
    [InlineData("a:b*c?d\"e<f>g|h", "a_b_c_d_e_f_g_h")]
    [InlineData("a\0b\nc", "a_b_c")]
    [InlineData("沪A10001", "沪A10001")]
    public void A_value_of_a_macro_stays_inside_one_name(string value, string expected) => Assert.Equal(expected, FamilyPath.Value(value));

    [Fact]
    public void Two_values_that_make_two_points_together_are_refused_behind_the_expansion()
        => Assert.Null(FamilyPath.Read("ome", $"a/{FamilyPath.Value("x.")[1..]}{FamilyPath.Value("y.")[1..]}/b", Root, out _));

    [Fact]
    public void Every_damaged_label_stays_below_the_folder_or_is_refused()
    {
        var chance = new Random(7);
        string[] pieces = ["..", ".", "/", @"\", "C:", "x", "//", @"\\", "?", "UNC", "\0", " ", ":", "%2e", Root, "~", "é", "\uFF0F", "\u2215", "a.b"];
        for (var i = 0; i < 20_000; i++)
        {
            var label = string.Concat(Enumerable.Range(0, chance.Next(1, 9)).Select(_ => pieces[chance.Next(pieces.Length)]));
            if (FamilyPath.Read("ome", label, Root, out _) is not { } path)
                continue;
            var full = Path.GetFullPath($"{Root}/{path.InRoot}");
            Assert.True(full == $"{Root}/{path.InRoot}" && full.StartsWith($"{Root}/files/ome/", StringComparison.Ordinal), label);
            Assert.Equal(path.Relative, FamilyPath.Read("ome", path.Relative, "", out _)?.Relative);
        }
    }

    [Fact]
    public void A_taken_name_has_a_number_before_its_extension()
    {
        var path = FamilyPath.Read("ome", "a/x.mp4", Root, out _)!;

        Assert.Equal("a/x_1.mp4", path.Beside(1).Relative);
        Assert.Equal("a/x_12.mp4", path.Beside(12).Relative);
        Assert.Equal("plain_1", FamilyPath.Read("ome", "plain", Root, out _)!.Beside(1).Relative);
        var longest = FamilyPath.Read("ome", new string('车', 83) + "é.mp4", Root, out _)!;
        Assert.Equal(new string('车', 83) + "_1.mp4", longest.Beside(1).Relative);
    }
}

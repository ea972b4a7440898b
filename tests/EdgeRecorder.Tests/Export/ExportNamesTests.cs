using System.Text;
using EdgeRecorder.Export;

namespace EdgeRecorder.Tests.Export;

public sealed class ExportNamesTests
{
    [Theory]
    [InlineData("Gate", "Gate")]
    [InlineData("../../etc/passwd", "_._.._etc_passwd")]
    [InlineData("..", "_")]
    [InlineData(".", "_")]
    [InlineData("", "_")]
    [InlineData(".hidden", "_hidden")]
    [InlineData("a/b\\c:d*e?f\"g<h>i|j", "a_b_c_d_e_f_g_h_i_j")]
    [InlineData("line\nbreak\0nul\u007f", "line_break_nul_")]
    [InlineData("闸门 1 🚪", "闸门 1 🚪")]
    public void A_value_never_adds_a_folder(string value, string clean) => Assert.Equal(clean, ExportNames.Clean(value));

    [Fact]
    public void Half_a_character_is_none() => Assert.Equal("half \ufffd", ExportNames.Clean("half " + (char)0xD83D));

    [Fact]
    public void Names_stay_within_what_a_file_system_takes()
    {
        var stem = ExportNames.Clean(string.Concat(Enumerable.Repeat("🚪", 300)));
        var (name, _) = new ExportNames(stem, stem, "[", "]").Of(0, long.MaxValue / 1000, "mp4", []);
        Assert.InRange(Encoding.UTF8.GetByteCount(name), 100, 255);
    }

    [Fact]
    public void A_collision_gets_a_number_in_front_of_the_times()
    {
        var names = new ExportNames("Server1_DeviceIpint.10", "Server1_10.RHCP", "[", "]");
        var (first, friendly) = names.Of(1_567_486_800_000_000, 1_567_486_860_000_000, "mp4", []);
        Assert.Equal(("Server1_DeviceIpint.10[20190903T050000-20190903T050100].mp4", "Server1_10.RHCP[20190903T050000-20190903T050100].mp4"), (first, friendly));
        Assert.Equal("Server1_DeviceIpint.10_2[20190903T050000-20190903T050100].mp4", names.Of(1_567_486_800_000_000, 1_567_486_860_000_000, "mp4", [first]).Name);
    }
}

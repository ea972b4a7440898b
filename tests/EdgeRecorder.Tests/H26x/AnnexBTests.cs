using EdgeRecorder.H26x;
using EdgeRecorder.Media;

namespace EdgeRecorder.Tests.H26x;

public sealed class AnnexBTests
{
    [Fact]
    public void Three_and_four_byte_start_codes_and_trailing_zeros_are_taken_off()
        => Assert.Equal(["6742", "68CE00CE", "65"], Split([9, 0, 0, 0, 1, 0x67, 0x42, 0, 0, 1, 0x68, 0xCE, 0, 0xCE, 0, 0, 0, 1, 0x65, 0, 0]));

    [Fact]
    public void A_stream_without_start_code_holds_no_nal_unit() => Assert.Empty(Split([1, 2, 3, 0, 0]));

    [Fact]
    public void Emulation_prevention_is_removed() => Assert.Equal([0, 0, 1, 0, 0, 3, 7], Rbsp.Unescape([0, 0, 3, 1, 0, 0, 3, 3, 7]));

    [Fact]
    public void Parameter_sets_are_replaced_by_id_and_repeats_change_nothing()
    {
        var sets = new ParameterSets(Codec.H264);
        byte[] first = Convert.FromHexString("6742c00cda05067e7c0440000003004000000ca3c50aa8"), second = Convert.FromHexString("6764001eacd940b424d8088000000300800000190f8a14cb");
        Assert.Equal(SetOutcome.New, sets.Add([0x68, 0xCE, 0x3C, 0x80]));
        Assert.False(sets.IsComplete);
        Assert.Equal(SetOutcome.New, sets.Add(first));
        Assert.Equal(SetOutcome.Known, sets.Add(first));
        Assert.True(sets.IsComplete);
        Assert.Equal(SetOutcome.New, sets.Add(second));
        Assert.Equal(SetOutcome.Refused, sets.Add([0x65, 1]));

        Assert.Equal([second, [0x68, 0xCE, 0x3C, 0x80]], sets.ToArray());
        Assert.Equal((720, 576), (sets.Format.Width, sets.Format.Height));
    }

    private static string[] Split(byte[] stream)
    {
        var nals = new List<string>();
        foreach (var nal in AnnexB.Split(stream))
            nals.Add(Convert.ToHexString(nal));
        return [.. nals];
    }
}

using EdgeRecorder.Bytes;
using EdgeRecorder.Gb28181.Manscdp;

namespace EdgeRecorder.Tests.Gb28181.Manscdp;

public sealed class PtzCodeTests
{
    public static TheoryData<string, string> Codes => new()
    {
        { "stop", "A50F0100000000B5" }, { "right", "A50F010180000036" }, { "left", "A50F010280000037" }, { "up", "A50F01080080003D" }, { "down", "A50F010400800039" },
        { "right 40, up 20, out 5", "A50F01294020508E" }, { "in 1", "A50F0110000010D5" }, { "in F", "A50F01100000F0B5" }, { "out 1", "A50F0120000010E5" },
        { "iris smaller", "A50F01480080007D" }, { "iris larger", "A50F014400800079" }, { "focus near", "A50F014280000077" }, { "focus far", "A50F014180000076" }, { "stop lens", "A50F0140000000F5" },
        { "preset 1 set", "A50F018100010037" }, { "preset 1 call", "A50F018200010038" }, { "preset 1 delete", "A50F018300010039" }, { "preset 255 call", "A50F018200FF0036" },
        { "cruise 1 add 3", "A50F01840103003D" }, { "cruise 1 dwell 300", "A50F0187012C1079" }, { "cruise 1 start", "A50F01880100003E" }, { "scan 1 start", "A50F01890100003F" },
        { "wiper on", "A50F018C01000042" }, { "wiper off", "A50F018D01000043" },
    };

    private static PtzCode Make(string what) => what switch
    {
        "stop" => PtzCode.Stop,
        "right" => PtzCode.Move(new(0x80, 0, 0)),
        "left" => PtzCode.Move(new(-0x80, 0, 0)),
        "up" => PtzCode.Move(new(0, 0x80, 0)),
        "down" => PtzCode.Move(new(0, -0x80, 0)),
        "right 40, up 20, out 5" => PtzCode.Move(new(0x40, 0x20, -5)),
        "in 1" => PtzCode.Move(new(0, 0, 1)),
        "in F" => PtzCode.Move(new(0, 0, 15)),
        "out 1" => PtzCode.Move(new(0, 0, -1)),
        "iris smaller" => PtzCode.Iris(-0x80),
        "iris larger" => PtzCode.Iris(0x80),
        "focus near" => PtzCode.Focus(0x80),
        "focus far" => PtzCode.Focus(-0x80),
        "stop lens" => PtzCode.StopLens,
        "preset 1 set" => PtzCode.Preset(PresetAction.Set, 1),
        "preset 1 call" => PtzCode.Preset(PresetAction.Call, 1),
        "preset 1 delete" => PtzCode.Preset(PresetAction.Delete, 1),
        "preset 255 call" => PtzCode.Preset(PresetAction.Call, 255),
        "cruise 1 add 3" => PtzCode.Cruise(CruiseAction.AddPoint, 1, 3),
        "cruise 1 dwell 300" => PtzCode.Cruise(CruiseAction.DwellSeconds, 1, 300),
        "cruise 1 start" => PtzCode.Cruise(CruiseAction.Start, 1),
        "scan 1 start" => PtzCode.AutoScan(ScanAction.Start, 1),
        "wiper on" => PtzCode.Switch(1, true),
        "wiper off" => PtzCode.Switch(1, false),
        _ => throw new ArgumentOutOfRangeException(nameof(what)),
    };

    [Theory, MemberData(nameof(Codes))]
    public void Codes_are_those_of_the_specification(string what, string code)
    {
        Assert.Equal(code, Make(what).ToString());
        Assert.Equal(Make(what), PtzCode.Parse(code));
        var broadcast = Make(what) with { Address = 0 };
        Assert.Equal((byte)(Convert.FromHexString(code)[7] - 1), Convert.FromHexString(broadcast.ToString())[7]);
    }

    [Fact]
    public void A_code_with_another_address_is_read()
    {
        var code = PtzCode.Parse("A50F4D1000001021");
        Assert.Equal((0x4D, new PtzMove(0, 0, 1)), (code.Address, code.AsMove));
        Assert.Equal("A50F4D1000001021", code.ToString());
        Assert.Equal(0xF4D, PtzCode.Parse((code with { Address = 0xF4D }).ToString()).Address);
    }

    [Fact]
    public void Movements_come_back()
    {
        for (var pan = -255; pan <= 255; pan += 51)
            for (var tilt = -255; tilt <= 255; tilt += 51)
                for (var zoom = -15; zoom <= 15; zoom += 5)
                    Assert.Equal(new PtzMove(pan, tilt, zoom), PtzCode.Parse(PtzCode.Move(new(pan, tilt, zoom)).ToString()).AsMove);
        Assert.Null(new PtzCode(0x03, 1, 1, 0).AsMove);
        Assert.Null(PtzCode.Focus(1).AsMove);
        Assert.Equal(PresetAction.Call, PtzCode.Preset(PresetAction.Call, 9).AsPreset);
    }

    [Theory]
    [InlineData("")]
    [InlineData("A50F0100000000B")]
    [InlineData("A50F0100000000BX")]
    [InlineData("A50F0100000000B6")]
    [InlineData("A40F0100000000B4")]
    [InlineData("A50E0100000000B4")]
    public void What_is_no_code_is_refused(string code) => Assert.Throws<ProtocolException>(() => PtzCode.Parse(code));

    [Fact]
    public void What_does_not_fit_is_not_sent()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => PtzCode.Move(new(256, 0, 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => PtzCode.Move(new(0, 0, 16)));
        Assert.Throws<ArgumentOutOfRangeException>(() => PtzCode.Preset(PresetAction.Set, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => PtzCode.Cruise(CruiseAction.DwellSeconds, 1, 4096));
    }
}

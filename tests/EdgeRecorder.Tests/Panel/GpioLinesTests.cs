using EdgeRecorder.Configuration;
using EdgeRecorder.Panel;
using EdgeRecorder.Tests.Recording;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Panel;

/// <summary>Where there is no chip to be had; with one they are tried in the virtual machine (tests/hwtest).</summary>
public sealed class GpioLinesTests : IDisposable
{
    private readonly TemporaryDirectory _devices = new();

    public void Dispose() => _devices.Dispose();

    [Fact]
    public void Why_there_are_no_lines_is_said()
    {
        Assert.Equal("panel.chip is none", Reason("none"));
        Assert.Equal("this machine has no GPIO chip", Reason("auto"));
        File.WriteAllText(_devices.File("gpiochip0"), "");
        Assert.Equal($"GPIO_GET_CHIPINFO_IOCTL {_devices.File("gpiochip0")}: Inappropriate ioctl for device (errno 25)", Reason("auto"));
    }

    [Fact]
    public void A_simulated_panel_has_every_line_but_those_without_a_name_and_ignition_is_on()
    {
        using var lines = new SimulatedLines(new PanelOptions { Buzzer = "" }, "no chip", new ManualTime());
        Assert.Null(lines.Output(""));
        Assert.Null(lines.Output("SOMETHING"));
        Assert.Equal((true, false), (lines.Input("ACC", TimeSpan.Zero, _ => { })!.IsActive, lines.Input("REC_BUTTON", TimeSpan.Zero, _ => { })!.IsActive));
        List<PanelEdge> edges = [];
        lines.Input("ALARM_IN1", TimeSpan.Zero, edges.Add);
        Assert.True(lines.Set("ALARM_IN1", true) && lines.Set("ALARM_IN1", true) && lines.Set("ALARM_IN1", false));
        Assert.Equal([true, false], edges.Select(edge => edge.Active));
        Assert.False(lines.Set("REC_LED", true));
    }

    private string Reason(string chip)
    {
        var (lines, reason) = GpioLines.Open(new PanelOptions { Chip = chip }, NullLogger.Instance, _devices.Path);
        Assert.Null(lines);
        return reason;
    }
}

using System.Globalization;
using EdgeRecorder.Ledger;
using EdgeRecorder.Tests.Media;

namespace EdgeRecorder.Tests.Devices.Surveillance;

/// <summary>SIPp, which others wrote, registers at the daemon's own registrar.</summary>
public sealed class SippRegistrationTests
{
    [Theory]
    [InlineData("u1", false)]
    [InlineData("u1", true)]
    [InlineData("t1", false)]
    public async Task SIPp_registers_beats_and_leaves(string transport, bool qop)
    {
        await using var rig = new SurveillanceRig(options => options.Qop = qop);
        var (exitCode, output, errors) = await Tool.TryAsync("sipp", $"127.0.0.1:{rig.Port}", "-i", "127.0.0.1", "-p", Text(FreePorts.Take()), "-t", transport, "-m", "1", "-nostdin", "-timeout", "50s",
            "-timeout_error", "-sf", Repository.Path("tests/data/sipp/register.xml"));
        Assert.True(exitCode == 0, $"SIPp ended with {exitCode}: {errors} {System.Text.Encoding.UTF8.GetString(output)}");
        Assert.Equal((Approval.Approved, null), (rig.Row!.State, rig.Device.Registration));

        static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
    }
}

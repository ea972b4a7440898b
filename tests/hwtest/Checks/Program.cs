using System.Globalization;
using EdgeRecorder.HardwareChecks;

// Runs inside the virtual machine, on a real kernel with simulated devices. A line per check; the exit code is how many failed.
if (args is ["hold", var line])
    return GpioChecks.Hold(line);
if (args is ["press", var button, var light])
    return PressToLight.Measure(int.Parse(button, CultureInfo.InvariantCulture), int.Parse(light, CultureInfo.InvariantCulture));
var checks = new Checks();
foreach (var area in args)
    switch (area)
    {
        case "gpio":
            new GpioChecks(checks).Run();
            break;
        case "video":
            new VideoChecks(checks).Run();
            break;
        default:
            await Console.Error.WriteLineAsync($"no checks of {area}");
            return 100;
    }
return checks.Failed;
